// What the peers share: where the emulator is, and how they prove who they are.
import { OAuth2Client } from 'google-auth-library';

export const endpoint = new URL(process.env.PEER_ENDPOINT);
export const project = process.env.PEER_PROJECT;

/** A credential of Google's library that bears the emulator's token. */
export function credential() {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: process.env.PEER_TOKEN });
  return client;
}

/** Gives what was found to the test. */
export function report(found) {
  process.stdout.write(JSON.stringify(found));
}
