// Writes a secret and reads it with @google-cloud/secret-manager, over REST.
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { credential, endpoint, project, report } from './peer.mjs';

const client = new SecretManagerServiceClient({
  fallback: true,
  protocol: endpoint.protocol.slice(0, -1),
  apiEndpoint: endpoint.hostname,
  port: Number(endpoint.port),
  authClient: credential(),
  projectId: project,
});
const parent = `projects/${project}`;
const value = process.env.PEER_SECRET;
const member = 'serviceAccount:app@example.iam.gserviceaccount.com';
const role = 'roles/secretmanager.secretAccessor';

const [secret] = await client.createSecret({ parent, secretId: 'db-pass', secret: { replication: { automatic: {} }, labels: { team: 'swarm' } } });
const again = await client.createSecret({ parent, secretId: 'db-pass', secret: { replication: { automatic: {} } } }).then(() => 0, error => error.code);
const [version] = await client.addSecretVersion({ parent: secret.name, payload: { data: Buffer.from(value) } });
const [read] = await client.accessSecretVersion({ name: `${secret.name}/versions/latest` });
const [patched] = await client.updateSecret({ secret: { name: secret.name, labels: { team: 'other' } }, updateMask: { paths: ['labels'] } });

const [policy] = await client.getIamPolicy({ resource: secret.name, options: { requestedPolicyVersion: 3 } });
policy.bindings = [...(policy.bindings ?? []), { role, members: [member] }];
const [granted] = await client.setIamPolicy({ resource: secret.name, policy });
const stale = await client.setIamPolicy({ resource: secret.name, policy }).then(() => 0, error => error.code);

const [secrets] = await client.listSecrets({ parent });
const [versions] = await client.listSecretVersions({ parent: secret.name });
const [disabled] = await client.disableSecretVersion({ name: version.name });
const closed = await client.accessSecretVersion({ name: version.name }).then(() => 0, error => error.code);
await client.deleteSecret({ name: secret.name });
const missing = await client.getSecret({ name: secret.name }).then(() => 0, error => error.code);

report({
  name: secret.name,
  again,
  version: version.name,
  value: read.payload.data.toString(),
  checksum: String(read.payload.dataCrc32c),
  label: patched.labels.team,
  members: granted.bindings.find(binding => binding.role === role).members,
  stale,
  secrets: secrets.map(one => one.name),
  versions: versions.map(one => one.name),
  state: String(disabled.state),
  closed,
  missing,
});
