/** A data error: evaluating again gives the same. It names the expression, never a value. */
export class CelError extends Error {
  override readonly name = 'CelError';
  readonly code: 'invalid-expression' | 'data-missing' | 'evaluation-failed';
  readonly expression: string;
  readonly detail: string;
  constructor(code: CelError['code'], expression: string, detail: string) {
    super(`${code} in "${expression}": ${detail}`);
    this.code = code;
    this.expression = expression;
    this.detail = detail;
  }
}
