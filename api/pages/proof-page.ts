import type { ProofOfNotice } from '../journeys/proof-of-notice.ts';
import { markup } from './page.ts';
import type { Html } from './page.ts';

const within = (notice: ProofOfNotice['notices'][number]): string =>
  notice.window
    ? `${notice.window.opens} to ${notice.window.closes}: ${notice.window.inside ? 'sent within' : 'not sent within'}`
    : 'none';

const pair = (name: string, value: string | null): Html =>
  markup`<tr>
    <td>${name}</td>
    <td>${value ?? '—'}</td>
  </tr>`;

/** A proof of notice to be printed. */
export function proofPage(proof: ProofOfNotice): Html {
  const notices = proof.notices.map(
    (one) =>
      markup`<h2>${one.what.subject ?? one.step}</h2>
        <div class="scroll"><table>
          <tbody>
            ${[
              pair('Step', `${one.step}, occurrence ${one.n}, class ${one.class}`),
              pair('To', one.to.address),
              pair('Due', one.when.due),
              pair('Sent', one.when.sent),
              pair('Span of the law', within(one)),
              pair('Template', `${one.what.template} ${one.what.version}`),
              pair('Message-ID', one.receipt.messageId),
              pair('Provider', `${one.receipt.provider}: ${one.receipt.state}`),
              pair('Receipt', one.receipt.answer),
              ...Object.entries(one.headers).map(([name, value]) => pair(name, value)),
            ]}
          </tbody>
        </table></div>
        <pre>${one.what.text}</pre>`,
  );
  const lines = proof.decisions.map(
    (one) =>
      markup`<tr>
        <td>${one.at}</td>
        <td>${one.step}</td>
        <td>${one.outcome}</td>
        <td>${one.words}</td>
      </tr>`,
  );
  return markup`<h1>Proof of notice</h1>
    <p class="muted">
      Journey ${proof.journey} of account ${proof.account}, ${proof.playbook} version ${proof.version}. Made ${proof.at}.
    </p>
    ${proof.notices.length === 0 ? markup`<p>No notice was sent.</p>` : notices}
    <h2>Decisions</h2>
    <div class="scroll"><table>
      <tbody>
        ${lines}
      </tbody>
    </table></div>`;
}
