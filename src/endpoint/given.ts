/** What a filter or an argument left out is left out for the operation too. */
export type Given<Input> = { [Name in keyof Input]?: NonNullable<Input[Name]> };

export function given<Input extends object>(input: Input): Given<Input> {
  const entries = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Given<Input>;
}
