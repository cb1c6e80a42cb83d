// src/pages/webauthn.ts
var keys = () => window.PublicKeyCredential;
var passkeys = () => isSecureContext && !!keys()?.parseCreationOptionsFromJSON;
var json = (c) => c.toJSON();
async function newPasskey(options) {
  return json(await navigator.credentials.create({ publicKey: keys().parseCreationOptionsFromJSON(options) }));
}
async function fromPasskey(options) {
  return json(await navigator.credentials.get({ publicKey: keys().parseRequestOptionsFromJSON(options) }));
}
export {
  fromPasskey,
  newPasskey,
  passkeys
};
