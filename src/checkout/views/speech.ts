import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Language } from '../languages.ts';
import type { Sentences } from '../sentences.ts';
import type { Session } from '../session.ts';

/** How the page speaks: the sentences of one language, and amounts as people write them there. */
export interface Speech extends Language {
  money(session: Session): string;
}

export const SpeechContext = createContext<Speech | null>(null);

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (speech === null) throw new Error('A view was drawn without a language.');
  return speech;
}

export function useSentences(): Sentences {
  return useSpeech().sentences;
}
