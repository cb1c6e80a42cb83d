// Passkeys, as WebAuthn level 3 puts them into JSON.

interface Keys { // of PublicKeyCredential, that TypeScript's own list may lack
  parseCreationOptionsFromJSON(json: unknown): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON(json: unknown): PublicKeyCredentialRequestOptions;
}
const keys = () => window.PublicKeyCredential as unknown as Keys | undefined;

// passkeys reports whether this browser can make and use them here.
export const passkeys = () => isSecureContext && !!keys()?.parseCreationOptionsFromJSON;

const json = (c: Credential | null) => (c as unknown as { toJSON(): unknown }).toJSON();

export async function newPasskey(options: unknown): Promise<unknown> {
  return json(await navigator.credentials.create({ publicKey: keys()!.parseCreationOptionsFromJSON(options) }));
}

export async function fromPasskey(options: unknown): Promise<unknown> {
  return json(await navigator.credentials.get({ publicKey: keys()!.parseRequestOptionsFromJSON(options) }));
}
