import { CONSOLE_HEADERS, refusalOf, send } from './ask.ts';

/** Until when this browser is signed in; null when nobody is. */
export interface SignInState {
  readonly expiresAt: string | null;
}

const PATH = '/console/session';

export async function readSignIn(): Promise<SignInState> {
  return answerOf(await send(PATH, { headers: CONSOLE_HEADERS }));
}

/** Gives the secret key, or the code of a link, away for a cookie. Neither is kept by this page. */
export async function signIn(credential: { readonly secretKey: string } | { readonly code: string }): Promise<SignInState> {
  return answerOf(await send(PATH, { method: 'POST', headers: CONSOLE_HEADERS, body: JSON.stringify(credential) }));
}

export async function signOut(): Promise<SignInState> {
  return answerOf(await send(PATH, { method: 'DELETE', headers: CONSOLE_HEADERS }));
}

async function answerOf(response: Response): Promise<SignInState> {
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as SignInState;
}

const LINK_CODE = /^#(cnl_[\w-]+)$/;

/** The code of a sign-in link, taken out of the address so that it is in no history and no bookmark. */
export function takeLinkCode(): string | null {
  const code = LINK_CODE.exec(window.location.hash)?.[1] ?? null;
  if (code !== null) window.history.replaceState(null, '', window.location.pathname);
  return code;
}
