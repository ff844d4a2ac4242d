/** A model file is damaged, or holds what axond does not run. The message names the part, its value and the fix. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
