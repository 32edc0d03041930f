import { ApiError, consoleHeaders, isLost, refusalOf, send, speakFor } from './ask.ts';

/** Which sign-in this browser has, and until when; nulls when nobody is signed in. */
export interface SignInState {
  readonly id: string | null;
  readonly expiresAt: string | null;
  /** Why the link that was opened signed nobody in. */
  readonly problem?: string;
}

const PATH = '/console/session';

/** Opens the door with the link in the address, where there is one, and else looks who is signed in. */
export async function enter(): Promise<SignInState> {
  const code = takeLinkCode();
  if (code === null) return readSignIn();
  try {
    return await signIn({ code });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (isLost(error)) {
      // It may not have been used: the next try finds it where it was.
      window.history.replaceState(null, '', `#${code}`);
      throw error;
    }
    const state = await readSignIn();
    return state.id === null ? { ...state, problem: error.message } : state;
  }
}

async function readSignIn(): Promise<SignInState> {
  return answerOf(await send(PATH, { headers: consoleHeaders() }));
}

/** Gives the secret key, or the code of a link, away for a cookie. Neither is kept by this page. */
export async function signIn(credential: { readonly secretKey: string } | { readonly code: string }): Promise<SignInState> {
  return answerOf(await send(PATH, { method: 'POST', headers: consoleHeaders(), body: JSON.stringify(credential) }));
}

export async function signOut(): Promise<SignInState> {
  return answerOf(await send(PATH, { method: 'DELETE', headers: consoleHeaders() }));
}

async function answerOf(response: Response): Promise<SignInState> {
  if (!response.ok) throw await refusalOf(response);
  const state = (await response.json()) as SignInState;
  speakFor(state.id);
  return state;
}

const LINK_CODE = /^#(cnl_[\w-]+)$/;

export function hasLinkCode(): boolean {
  return LINK_CODE.test(window.location.hash);
}

/** The code of a sign-in link, taken out of the address so that it is in no history and no bookmark. */
function takeLinkCode(): string | null {
  const code = LINK_CODE.exec(window.location.hash)?.[1] ?? null;
  if (code !== null) window.history.replaceState(null, '', window.location.pathname);
  return code;
}
