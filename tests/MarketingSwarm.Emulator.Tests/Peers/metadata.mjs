// Finds a credential as a program at Google does: from the metadata server, which GCE_METADATA_HOST names.
import { GoogleAuth } from 'google-auth-library';
import { endpoint, project, report } from './peer.mjs';

const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' });
const client = await auth.getClient();
const credentials = await auth.getCredentials();
const answer = await client.request({ url: new URL(`/v1/projects/${project}/secrets`, endpoint).href });

report({
  kind: client.constructor.name,
  account: credentials.client_email,
  project: await auth.getProjectId(),
  status: answer.status,
});
