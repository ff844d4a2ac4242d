/** What the core asks the guardian on its standard input, one JSON object a line: `{"check": n}`. Pure. */
export interface Question {
  /** Number of the question; the answer carries it. */
  readonly check: number;
}

/** Undefined for a line that asks nothing. */
export function decodeQuestion(line: string): Question | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('check' in value)) return undefined;
    const { check } = value;
    return typeof check === 'number' && Number.isSafeInteger(check) ? { check } : undefined;
  } catch {
    return undefined;
  }
}
