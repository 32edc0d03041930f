import { type InputHTMLAttributes, type ReactNode, useId, useState } from 'react';
import { useFollowing } from './following.ts';

/** What is wrong with what was typed. */
export interface Problem {
  readonly problem: string;
}

interface TextFieldProps extends Pick<InputHTMLAttributes<HTMLInputElement>, 'placeholder' | 'maxLength' | 'inputMode'> {
  readonly label: string;
  readonly value: string;
  /** What is typed, as it goes into the address, or what is wrong with it. */
  readonly read: (text: string) => string | Problem;
  readonly take: (given: string) => void;
}

/** Takes effect when it is left, or by Enter, and only if it says something else by then. */
export function TextField({ label, value, read, take, ...rest }: TextFieldProps) {
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const [field, keep] = useFollowing(value);
  const leave = (text: string): void => {
    const given = read(text.trim());
    setProblem(typeof given === 'string' ? null : given.problem);
    if (typeof given !== 'string' || text.trim() === value) return;
    keep(text);
    take(given);
  };
  return (
    <Field id={id} label={label} problem={problem}>
      <input
        {...rest}
        id={id}
        ref={field}
        defaultValue={value}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onBlur={({ target }) => leave(target.value)}
        onKeyDown={({ key, currentTarget }) => (key === 'Enter' ? leave(currentTarget.value) : undefined)}
      />
    </Field>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly problem: string | null;
  readonly children: ReactNode;
}

/** A labelled field with room for what is wrong, so that nothing jumps when something is. */
export function Field({ id, label, problem, children }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      <p id={`${id}-problem`} className="field-error" role="alert">
        {problem}
      </p>
    </div>
  );
}
