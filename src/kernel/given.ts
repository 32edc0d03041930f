/** The fields that may be missing are optional, and never null. */
export type Given<Input> = {
  [Name in keyof Input as Input[Name] extends NonNullable<Input[Name]> ? Name : never]: Input[Name];
} & {
  [Name in keyof Input as Input[Name] extends NonNullable<Input[Name]> ? never : Name]?: NonNullable<Input[Name]>;
};

/** The object without the fields that are null or undefined; the others keep their order. */
export function given<Input extends object>(input: Input): Given<Input> {
  const entries = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Given<Input>;
}
