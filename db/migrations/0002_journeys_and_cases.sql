CREATE TABLE "crm_looks" (
	"kind" text PRIMARY KEY NOT NULL,
	"seen" "xid8" NOT NULL,
	"whole_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm_sync" (
	"kind" text NOT NULL,
	"external_id" text NOT NULL,
	"account_id" text NOT NULL,
	"remote_id" text,
	"told" text,
	"told_at" timestamp (3) with time zone,
	"attempts" integer NOT NULL,
	"not_before" timestamp (3) with time zone NOT NULL,
	"refused" text,
	"stirred_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	CONSTRAINT "crm_sync_kind_external_id_pk" PRIMARY KEY("kind","external_id")
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "broadcast_items" (
	"broadcast_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"account_id" text NOT NULL,
	"outcome" text,
	"reason" text,
	"recheck" timestamp (3) with time zone,
	"template" text,
	"variant" text,
	"details" jsonb NOT NULL,
	"at" timestamp (3) with time zone,
	CONSTRAINT "broadcast_items_broadcast_id_position_pk" PRIMARY KEY("broadcast_id","position")
);
--> statement-breakpoint
CREATE TABLE "broadcasts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"incident_id" uuid NOT NULL,
	"journey_id" uuid NOT NULL,
	"step" text NOT NULL,
	"n" integer NOT NULL,
	"update" integer NOT NULL,
	"playbook" text NOT NULL,
	"version" integer NOT NULL,
	"flags" jsonb NOT NULL,
	"state" text NOT NULL,
	"total" integer NOT NULL,
	"due" timestamp (3) with time zone NOT NULL,
	"stale_at" timestamp (3) with time zone NOT NULL,
	"clock_shift" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"superseded_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "incident_accounts" (
	"incident_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"plan" text NOT NULL,
	"hold_id" uuid,
	"added_at" timestamp (3) with time zone NOT NULL,
	"removed_at" timestamp (3) with time zone,
	CONSTRAINT "incident_accounts_incident_id_account_id_pk" PRIMARY KEY("incident_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "incident_alerts" (
	"incident_id" uuid NOT NULL,
	"fingerprint" text NOT NULL,
	"name" text NOT NULL,
	"severity" text,
	"state" text NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"seen_at" timestamp (3) with time zone NOT NULL,
	"times" integer NOT NULL,
	CONSTRAINT "incident_alerts_incident_id_fingerprint_pk" PRIMARY KEY("incident_id","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "incident_updates" (
	"incident_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"status" text NOT NULL,
	"message" text NOT NULL,
	"next_update_at" timestamp (3) with time zone,
	"by" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "incident_updates_incident_id_n_pk" PRIMARY KEY("incident_id","n")
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"class" text,
	"key" text,
	"title" text NOT NULL,
	"summary" text,
	"severity" text,
	"status" text NOT NULL,
	"source" text NOT NULL,
	"affected" jsonb,
	"accounts" integer NOT NULL,
	"truncated_alerts" integer DEFAULT 0 NOT NULL,
	"account_id" text,
	"journey_id" uuid NOT NULL,
	"updates" integer NOT NULL,
	"next_update_at" timestamp (3) with time zone,
	"opened_by" text NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"acknowledged_by" text,
	"acknowledged_at" timestamp (3) with time zone,
	"resolved_by" text,
	"resolved_at" timestamp (3) with time zone,
	"post_mortem" jsonb,
	"closed_by" text,
	"closed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "pages" (
	"key" text PRIMARY KEY NOT NULL,
	"journey_id" uuid,
	"role" text NOT NULL,
	"severity" text NOT NULL,
	"title" text NOT NULL,
	"state" text NOT NULL,
	"told" text,
	"provider" text,
	"attempts" integer NOT NULL,
	"next_at" timestamp (3) with time zone,
	"error" text,
	"at" timestamp (3) with time zone NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recipients" (
	"journey_id" uuid NOT NULL,
	"step" text NOT NULL,
	"n" integer NOT NULL,
	"contact_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"outcome" text,
	"reason" text,
	"hold" text,
	"recheck" timestamp (3) with time zone,
	"details" jsonb,
	"variant" text,
	"offer" text,
	"template" text,
	"at" timestamp (3) with time zone,
	CONSTRAINT "recipients_journey_id_step_n_contact_id_pk" PRIMARY KEY("journey_id","step","n","contact_id")
);
--> statement-breakpoint
CREATE TABLE "surveys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"journey_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"contact_id" uuid NOT NULL,
	"step" text NOT NULL,
	"n" integer NOT NULL,
	"question" text NOT NULL,
	"scale_from" integer NOT NULL,
	"scale_to" integer NOT NULL,
	"state" text NOT NULL,
	"score" integer,
	"comment" text,
	"expires_at" timestamp (3) with time zone,
	"answered_by" text,
	"answered_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"type" text NOT NULL,
	"event_id" text NOT NULL,
	"count" integer NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"acknowledged_at" timestamp (3) with time zone,
	"acknowledged_by" text,
	"closed_at" timestamp (3) with time zone,
	"closed_by" text,
	"outcome" text
);
--> statement-breakpoint
CREATE TABLE "band_overrides" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"model" text NOT NULL,
	"band" text NOT NULL,
	"reason" text NOT NULL,
	"by" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_by" text
);
--> statement-breakpoint
CREATE TABLE "bands" (
	"account_id" text NOT NULL,
	"model" text NOT NULL,
	"band" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"auto" text NOT NULL,
	"auto_since" timestamp (3) with time zone NOT NULL,
	"candidate" text,
	"candidate_since" timestamp (3) with time zone,
	"score" double precision,
	"scored_at" timestamp (3) with time zone NOT NULL,
	"override_id" uuid,
	"told" text,
	"changes" integer NOT NULL,
	CONSTRAINT "bands_account_id_model_pk" PRIMARY KEY("account_id","model")
);
--> statement-breakpoint
CREATE TABLE "score_requests" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"event_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "scores" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"model" text NOT NULL,
	"version" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"score" double precision,
	"band" text,
	"confidence" double precision NOT NULL,
	"inputs" jsonb NOT NULL,
	"contributions" jsonb NOT NULL,
	"cause" text NOT NULL,
	"actor" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "usage_days" (
	"account_id" text NOT NULL,
	"metric" text NOT NULL,
	"day" date NOT NULL,
	"amount" double precision NOT NULL,
	CONSTRAINT "usage_days_account_id_metric_day_pk" PRIMARY KEY("account_id","metric","day")
);
--> statement-breakpoint
CREATE TABLE "usage_seen" (
	"id" text PRIMARY KEY NOT NULL,
	"body_hash" text NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "watches" (
	"journey_id" uuid NOT NULL,
	"id" text NOT NULL,
	"account_id" text NOT NULL,
	"metric" text NOT NULL,
	"over_days" integer,
	"rises" double precision,
	"falls" double precision,
	"armed" boolean NOT NULL,
	"again" boolean DEFAULT false NOT NULL,
	"fired_at" timestamp (3) with time zone,
	CONSTRAINT "watches_journey_id_id_pk" PRIMARY KEY("journey_id","id")
);
--> statement-breakpoint
CREATE TABLE "sweeps" (
	"name" text PRIMARY KEY NOT NULL,
	"completed_at" timestamp (3) with time zone NOT NULL,
	"started" integer NOT NULL,
	"refused" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "programs" (
	"journey_id" uuid NOT NULL,
	"program" integer NOT NULL,
	"playbook" text NOT NULL,
	"version" integer NOT NULL,
	"timetable" jsonb NOT NULL,
	"cause_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "programs_journey_id_program_pk" PRIMARY KEY("journey_id","program")
);
--> statement-breakpoint
DROP INDEX "messages_unsettled";--> statement-breakpoint
DROP INDEX "tasks_list";--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "internal" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "changed_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "changed_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "crm_accounts" ADD COLUMN "changed_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "crm_notes" ADD COLUMN "changed_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "crm_opportunities" ADD COLUMN "changed_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "journeys" ADD COLUMN "program" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "journeys" ADD COLUMN "concluded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "notice" jsonb;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "approval_by" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "approval_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "approved_by" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "edited_by" text;--> statement-breakpoint
ALTER TABLE "offers" ADD COLUMN "discount" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "offers" ADD COLUMN "runs_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "kind" text DEFAULT 'task' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "data" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "link" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "attendees" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "booked_for" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "booked_by" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "changed_in" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "broadcast_items" ADD CONSTRAINT "broadcast_items_broadcast_id_broadcasts_id_fk" FOREIGN KEY ("broadcast_id") REFERENCES "public"."broadcasts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD CONSTRAINT "broadcasts_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "broadcasts" ADD CONSTRAINT "broadcasts_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_accounts" ADD CONSTRAINT "incident_accounts_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_accounts" ADD CONSTRAINT "incident_accounts_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_alerts" ADD CONSTRAINT "incident_alerts_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_updates" ADD CONSTRAINT "incident_updates_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recipients" ADD CONSTRAINT "recipients_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "surveys" ADD CONSTRAINT "surveys_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "band_overrides" ADD CONSTRAINT "band_overrides_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bands" ADD CONSTRAINT "bands_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scores" ADD CONSTRAINT "scores_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "watches" ADD CONSTRAINT "watches_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "programs" ADD CONSTRAINT "programs_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "crm_sync_remote" ON "crm_sync" USING btree ("kind","remote_id");--> statement-breakpoint
CREATE INDEX "crm_sync_account" ON "crm_sync" USING btree ("account_id","kind");--> statement-breakpoint
CREATE INDEX "crm_sync_stirred" ON "crm_sync" USING btree ("kind","stirred_in");--> statement-breakpoint
CREATE INDEX "broadcast_items_account" ON "broadcast_items" USING btree ("account_id","at");--> statement-breakpoint
CREATE INDEX "broadcast_items_open" ON "broadcast_items" USING btree ("broadcast_id","position") WHERE "broadcast_items"."outcome" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "broadcasts_step" ON "broadcasts" USING btree ("journey_id","step","n");--> statement-breakpoint
CREATE INDEX "broadcasts_incident" ON "broadcasts" USING btree ("incident_id","created_at");--> statement-breakpoint
CREATE INDEX "broadcasts_open" ON "broadcasts" USING btree ("created_at") WHERE "broadcasts"."state" <> 'done';--> statement-breakpoint
CREATE INDEX "incident_accounts_account" ON "incident_accounts" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "incident_updates_at" ON "incident_updates" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_key" ON "incidents" USING btree ("key") WHERE "incidents"."resolved_at" is null and "incidents"."closed_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_journey" ON "incidents" USING btree ("journey_id");--> statement-breakpoint
CREATE INDEX "incidents_list" ON "incidents" USING btree ("opened_at","id");--> statement-breakpoint
CREATE INDEX "pages_journey" ON "pages" USING btree ("journey_id");--> statement-breakpoint
CREATE INDEX "pages_behind" ON "pages" USING btree ("next_at") WHERE "pages"."told" is distinct from "pages"."state";--> statement-breakpoint
CREATE UNIQUE INDEX "surveys_step" ON "surveys" USING btree ("journey_id","step","n");--> statement-breakpoint
CREATE INDEX "surveys_contact" ON "surveys" USING btree ("contact_id","created_at");--> statement-breakpoint
CREATE INDEX "surveys_account" ON "surveys" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "surveys_list" ON "surveys" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "surveys_open" ON "surveys" USING btree ("created_at","id") WHERE "surveys"."state" = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open" ON "alerts" USING btree ("account_id","type") WHERE "alerts"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "alerts_account" ON "alerts" USING btree ("account_id","opened_at");--> statement-breakpoint
CREATE INDEX "alerts_list" ON "alerts" USING btree ("opened_at","id");--> statement-breakpoint
CREATE INDEX "alerts_type" ON "alerts" USING btree ("type","opened_at","id");--> statement-breakpoint
CREATE INDEX "alerts_unclosed" ON "alerts" USING btree ("opened_at","id") WHERE "alerts"."closed_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "band_overrides_open" ON "band_overrides" USING btree ("account_id","model") WHERE "band_overrides"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "band_overrides_until" ON "band_overrides" USING btree ("until") WHERE "band_overrides"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "bands_model" ON "bands" USING btree ("model","band","account_id");--> statement-breakpoint
CREATE INDEX "bands_candidate" ON "bands" USING btree ("account_id") WHERE "bands"."candidate" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "score_requests_event" ON "score_requests" USING btree ("event_id");--> statement-breakpoint
CREATE UNIQUE INDEX "scores_cause" ON "scores" USING btree ("account_id","model","cause");--> statement-breakpoint
CREATE INDEX "scores_account" ON "scores" USING btree ("account_id","at");--> statement-breakpoint
CREATE INDEX "scores_at" ON "scores" USING btree ("at");--> statement-breakpoint
CREATE INDEX "usage_days_day" ON "usage_days" USING btree ("day");--> statement-breakpoint
CREATE INDEX "usage_seen_at" ON "usage_seen" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "watches_account" ON "watches" USING btree ("account_id","metric") WHERE "watches"."fired_at" is null or "watches"."again";--> statement-breakpoint
CREATE INDEX "accounts_changed" ON "accounts" USING btree ("changed_in");--> statement-breakpoint
CREATE INDEX "accounts_erased" ON "accounts" USING btree ("id") WHERE "accounts"."erased_at" is not null;--> statement-breakpoint
CREATE INDEX "accounts_renewal" ON "accounts" USING btree (("facts" ->> 'renewal_date'),"id") WHERE "accounts"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "contacts_changed" ON "contacts" USING btree ("changed_in");--> statement-breakpoint
CREATE INDEX "contacts_removed" ON "contacts" USING btree ("removed_at") WHERE "contacts"."removed_at" is not null and num_nonnulls("contacts"."name", "contacts"."email", "contacts"."phone") > 0;--> statement-breakpoint
CREATE INDEX "crm_accounts_changed" ON "crm_accounts" USING btree ("changed_in");--> statement-breakpoint
CREATE INDEX "crm_notes_changed" ON "crm_notes" USING btree ("changed_in");--> statement-breakpoint
CREATE INDEX "crm_opportunities_account" ON "crm_opportunities" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "crm_opportunities_changed" ON "crm_opportunities" USING btree ("changed_in");--> statement-breakpoint
CREATE INDEX "metrics_day" ON "metrics" USING btree ("day");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor","seq");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","seq");--> statement-breakpoint
CREATE INDEX "audit_at" ON "audit" USING btree ("at");--> statement-breakpoint
CREATE INDEX "holds_released" ON "holds" USING btree ("released_at") WHERE "holds"."released_at" is not null;--> statement-breakpoint
CREATE INDEX "holds_list" ON "holds" USING btree ("at","id") WHERE "holds"."released_at" is null;--> statement-breakpoint
CREATE INDEX "deliveries_delivered" ON "deliveries" USING btree ("delivered_at");--> statement-breakpoint
CREATE INDEX "events_received" ON "events" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "commands_received" ON "commands" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "decisions_by_step" ON "decisions" USING btree ("step","at");--> statement-breakpoint
CREATE INDEX "decisions_outcome" ON "decisions" USING btree ("outcome","at");--> statement-breakpoint
CREATE INDEX "journeys_open_list" ON "journeys" USING btree ("started_at","id") WHERE "journeys"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "journeys_state" ON "journeys" USING btree ("state","started_at","id");--> statement-breakpoint
CREATE INDEX "journeys_kind" ON "journeys" USING btree ("kind","started_at","id");--> statement-breakpoint
CREATE INDEX "journeys_playbook" ON "journeys" USING btree ("playbook","started_at","id");--> statement-breakpoint
CREATE INDEX "journeys_owner" ON "journeys" USING btree ("owner","started_at","id");--> statement-breakpoint
CREATE INDEX "journeys_ended" ON "journeys" USING btree ("ended_at","state","kind");--> statement-breakpoint
CREATE INDEX "messages_list" ON "messages" USING btree ("intended_at","id");--> statement-breakpoint
CREATE INDEX "messages_channel" ON "messages" USING btree ("channel","intended_at","id");--> statement-breakpoint
CREATE INDEX "messages_not_sent" ON "messages" USING btree ("state","intended_at","id") WHERE "messages"."state" <> 'sent';--> statement-breakpoint
CREATE INDEX "offers_list" ON "offers" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "offers_open" ON "offers" USING btree ("created_at","id") WHERE "offers"."state" = 'open';--> statement-breakpoint
CREATE INDEX "offers_taken" ON "offers" USING btree ("account_id","offer") WHERE "offers"."state" = 'accepted';--> statement-breakpoint
CREATE INDEX "tasks_changed" ON "tasks" USING btree ("changed_in");--> statement-breakpoint
CREATE INDEX "tasks_of_none" ON "tasks" USING btree ("ended_at") WHERE "tasks"."journey_id" is null;--> statement-breakpoint
CREATE INDEX "tasks_due" ON "tasks" USING btree (coalesce("due_at", 'infinity'::timestamptz),"id");--> statement-breakpoint
CREATE INDEX "tasks_state" ON "tasks" USING btree ("state",coalesce("due_at", 'infinity'::timestamptz),"id");--> statement-breakpoint
CREATE INDEX "tasks_owner" ON "tasks" USING btree ("owner","state",coalesce("due_at", 'infinity'::timestamptz),"id");--> statement-breakpoint
CREATE INDEX "tasks_role" ON "tasks" USING btree ("owner_role","state",coalesce("due_at", 'infinity'::timestamptz),"id");--> statement-breakpoint
CREATE INDEX "tasks_account" ON "tasks" USING btree ("account_id","state");