CREATE TABLE "accounts" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"plan" text NOT NULL,
	"time_zone" text NOT NULL,
	"industry" text,
	"facts" jsonb NOT NULL,
	"rev" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"erased_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "consents" (
	"id" uuid PRIMARY KEY NOT NULL,
	"contact_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"given" boolean NOT NULL,
	"source" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"recorded_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contacts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"role" text NOT NULL,
	"position" integer NOT NULL,
	"name" text,
	"email" text,
	"phone" text,
	"time_zone" text,
	"removed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "crm_accounts" (
	"account_id" text PRIMARY KEY NOT NULL,
	"stage" text NOT NULL,
	"owner" text,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm_notes" (
	"key" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"text" text NOT NULL,
	"author" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm_opportunities" (
	"key" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"title" text NOT NULL,
	"amount_minor" integer,
	"currency" text NOT NULL,
	"stage" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gates" (
	"account_id" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metrics" (
	"account_id" text NOT NULL,
	"name" text NOT NULL,
	"day" date NOT NULL,
	"value" double precision NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "metrics_account_id_name_day_pk" PRIMARY KEY("account_id","name","day")
);
--> statement-breakpoint
CREATE TABLE "suppressions" (
	"channel" text NOT NULL,
	"address_hash" text NOT NULL,
	"scope" text NOT NULL,
	"reason" text NOT NULL,
	"source" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "suppressions_channel_address_hash_scope_pk" PRIMARY KEY("channel","address_hash","scope")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"scope" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"created_by" text NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"target" text NOT NULL,
	"reason" text,
	"details" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"contact_id" uuid,
	"level" text NOT NULL,
	"reason" text NOT NULL,
	"by" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone,
	"released_at" timestamp (3) with time zone,
	"released_by" text
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"caller" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"status" integer,
	"body" jsonb,
	"locked_until" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stops" (
	"id" uuid PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"target" text,
	"reason" text NOT NULL,
	"by" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone,
	"released_at" timestamp (3) with time zone,
	"released_by" text
);
--> statement-breakpoint
CREATE TABLE "waiters" (
	"hold" text NOT NULL,
	"journey_id" uuid NOT NULL,
	"step" text NOT NULL,
	"rank" integer NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"recheck" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "waiters_hold_journey_id_step_pk" PRIMARY KEY("hold","journey_id","step")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"journey_id" uuid NOT NULL,
	"cause_id" text NOT NULL,
	"happening" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"not_before" timestamp (3) with time zone NOT NULL,
	"delivered_at" timestamp (3) with time zone,
	"note" text
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" text PRIMARY KEY NOT NULL,
	"account_id" text NOT NULL,
	"type" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"data" jsonb NOT NULL,
	"body_hash" text NOT NULL,
	"actor" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bulk_commands" (
	"id" uuid PRIMARY KEY NOT NULL,
	"filter" jsonb NOT NULL,
	"body" jsonb NOT NULL,
	"actor" text NOT NULL,
	"state" text NOT NULL,
	"total" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "bulk_items" (
	"bulk_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"journey_id" uuid NOT NULL,
	"outcome" text,
	"code" text,
	"detail" text,
	"answered_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "commands" (
	"journey_id" uuid NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"body" jsonb NOT NULL,
	"body_hash" text NOT NULL,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"state" text NOT NULL,
	"answer" jsonb,
	"rev" integer,
	"received_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"bulk_id" uuid
);
--> statement-breakpoint
CREATE TABLE "decisions" (
	"journey_id" uuid NOT NULL,
	"step" text NOT NULL,
	"n" integer NOT NULL,
	"account_id" text NOT NULL,
	"kind" text NOT NULL,
	"channel" text,
	"outcome" text NOT NULL,
	"reason" text,
	"at" timestamp (3) with time zone NOT NULL,
	"due" timestamp (3) with time zone,
	"template" text,
	"variant" text,
	"offer" text,
	"details" jsonb NOT NULL,
	"history" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "journeys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"lock" text NOT NULL,
	"kind" text NOT NULL,
	"account_id" text NOT NULL,
	"key" text,
	"playbook" text NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"stage" text,
	"outcome" text,
	"next_step" text,
	"next_at" timestamp (3) with time zone,
	"plan" text NOT NULL,
	"owner" text,
	"anchor" timestamp (3) with time zone NOT NULL,
	"options" jsonb NOT NULL,
	"timetable" jsonb NOT NULL,
	"rev" integer NOT NULL,
	"snapshot" jsonb NOT NULL,
	"snapshot_at" timestamp (3) with time zone NOT NULL,
	"stop_flag" text,
	"stop_command" text,
	"run_id" text,
	"clock_shift" bigint NOT NULL,
	"started_by" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"paused_since" timestamp (3) with time zone,
	"paused_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"journey_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"step" text NOT NULL,
	"n" integer NOT NULL,
	"contact_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"class" text NOT NULL,
	"state" text NOT NULL,
	"attempt" integer NOT NULL,
	"lease_until" timestamp (3) with time zone,
	"to" text,
	"subject" text,
	"html" text,
	"text" text NOT NULL,
	"template" text NOT NULL,
	"template_major" integer NOT NULL,
	"template_minor" integer NOT NULL,
	"variant" text,
	"offer" text,
	"provider" text NOT NULL,
	"message_id" text NOT NULL,
	"provider_id" text,
	"receipt" text,
	"headers" jsonb NOT NULL,
	"error" text,
	"counts_for_cap" boolean NOT NULL,
	"intended_at" timestamp (3) with time zone NOT NULL,
	"sent_at" timestamp (3) with time zone,
	"acknowledged_at" timestamp (3) with time zone,
	"resolved_by" text
);
--> statement-breakpoint
CREATE TABLE "playbooks" (
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"sha256" text NOT NULL,
	"source" text NOT NULL,
	"definition" jsonb NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	"published_by" text NOT NULL,
	CONSTRAINT "playbooks_id_version_pk" PRIMARY KEY("id","version")
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"id" text NOT NULL,
	"major" integer NOT NULL,
	"minor" integer NOT NULL,
	"sha256" text NOT NULL,
	"compiled" jsonb NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "templates_id_major_minor_pk" PRIMARY KEY("id","major","minor")
);
--> statement-breakpoint
CREATE TABLE "checklist_items" (
	"journey_id" uuid NOT NULL,
	"step" text NOT NULL,
	"item" text NOT NULL,
	"title" text NOT NULL,
	"done_at" timestamp (3) with time zone,
	"done_by" text
);
--> statement-breakpoint
CREATE TABLE "offers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"journey_id" uuid NOT NULL,
	"account_id" text NOT NULL,
	"step" text NOT NULL,
	"n" integer NOT NULL,
	"offer" text NOT NULL,
	"terms" jsonb NOT NULL,
	"state" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"answered_by" text,
	"answered_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"journey_id" uuid,
	"account_id" text NOT NULL,
	"key" text NOT NULL,
	"step" text,
	"n" integer NOT NULL,
	"title" text NOT NULL,
	"instructions" text NOT NULL,
	"owner" text,
	"owner_role" text NOT NULL,
	"minutes" integer,
	"due_at" timestamp (3) with time zone,
	"level" integer NOT NULL,
	"state" text NOT NULL,
	"outcome" text,
	"completed_by" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_contact_id_contacts_id_fk" FOREIGN KEY ("contact_id") REFERENCES "public"."contacts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crm_accounts" ADD CONSTRAINT "crm_accounts_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crm_notes" ADD CONSTRAINT "crm_notes_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crm_opportunities" ADD CONSTRAINT "crm_opportunities_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metrics" ADD CONSTRAINT "metrics_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulk_items" ADD CONSTRAINT "bulk_items_bulk_id_bulk_commands_id_fk" FOREIGN KEY ("bulk_id") REFERENCES "public"."bulk_commands"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "commands" ADD CONSTRAINT "commands_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "journeys" ADD CONSTRAINT "journeys_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checklist_items" ADD CONSTRAINT "checklist_items_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_journey_id_journeys_id_fk" FOREIGN KEY ("journey_id") REFERENCES "public"."journeys"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "consents_contact" ON "consents" USING btree ("contact_id","channel","recorded_at");--> statement-breakpoint
CREATE INDEX "contacts_account" ON "contacts" USING btree ("account_id","position");--> statement-breakpoint
CREATE INDEX "crm_notes_account" ON "crm_notes" USING btree ("account_id","at");--> statement-breakpoint
CREATE INDEX "audit_target" ON "audit" USING btree ("target","seq");--> statement-breakpoint
CREATE INDEX "holds_open" ON "holds" USING btree ("account_id") WHERE "holds"."released_at" is null;--> statement-breakpoint
CREATE INDEX "holds_until" ON "holds" USING btree ("until") WHERE "holds"."released_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "idempotency_key" ON "idempotency_keys" USING btree ("caller","key");--> statement-breakpoint
CREATE INDEX "idempotency_expiry" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "stops_open" ON "stops" USING btree ("scope") WHERE "stops"."released_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_cause" ON "deliveries" USING btree ("journey_id","cause_id");--> statement-breakpoint
CREATE INDEX "deliveries_open" ON "deliveries" USING btree ("not_before","seq") WHERE "deliveries"."delivered_at" is null;--> statement-breakpoint
CREATE INDEX "deliveries_journey" ON "deliveries" USING btree ("journey_id","seq");--> statement-breakpoint
CREATE INDEX "events_account" ON "events" USING btree ("account_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "bulk_items_position" ON "bulk_items" USING btree ("bulk_id","position");--> statement-breakpoint
CREATE UNIQUE INDEX "commands_id" ON "commands" USING btree ("journey_id","id");--> statement-breakpoint
CREATE INDEX "commands_open" ON "commands" USING btree ("received_at") WHERE "commands"."state" = 'received';--> statement-breakpoint
CREATE UNIQUE INDEX "decisions_step" ON "decisions" USING btree ("journey_id","step","n");--> statement-breakpoint
CREATE INDEX "decisions_account" ON "decisions" USING btree ("account_id","at");--> statement-breakpoint
CREATE INDEX "decisions_at" ON "decisions" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "journeys_open" ON "journeys" USING btree ("lock") WHERE "journeys"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "journeys_account" ON "journeys" USING btree ("account_id","started_at");--> statement-breakpoint
CREATE INDEX "journeys_list" ON "journeys" USING btree ("started_at","id");--> statement-breakpoint
CREATE INDEX "journeys_starting" ON "journeys" USING btree ("started_at") WHERE "journeys"."state" = 'starting';--> statement-breakpoint
CREATE UNIQUE INDEX "messages_key" ON "messages" USING btree ("journey_id","step","n","contact_id","channel");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_message_id" ON "messages" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "messages_account" ON "messages" USING btree ("account_id","intended_at");--> statement-breakpoint
CREATE INDEX "messages_cap" ON "messages" USING btree ("contact_id","channel","intended_at") WHERE "messages"."counts_for_cap";--> statement-breakpoint
CREATE INDEX "messages_unsettled" ON "messages" USING btree ("intended_at") WHERE "messages"."state" in ('intended', 'in-doubt');--> statement-breakpoint
CREATE INDEX "templates_sha" ON "templates" USING btree ("sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "checklist_item" ON "checklist_items" USING btree ("journey_id","step","item");--> statement-breakpoint
CREATE UNIQUE INDEX "offers_step" ON "offers" USING btree ("journey_id","step","n");--> statement-breakpoint
CREATE INDEX "offers_account" ON "offers" USING btree ("account_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_key" ON "tasks" USING btree ("key");--> statement-breakpoint
CREATE INDEX "tasks_list" ON "tasks" USING btree ("state","due_at");--> statement-breakpoint
CREATE INDEX "tasks_journey" ON "tasks" USING btree ("journey_id");