// Makes an instance, a database and a user with @googleapis/sqladmin, and lists them.
import { sqladmin } from '@googleapis/sqladmin';
import { credential, endpoint, project, report } from './peer.mjs';

const sql = sqladmin({ version: process.env.PEER_VERSION, auth: credential(), rootUrl: endpoint.href });
const instance = 'peer-db';

async function done(begun) {
  let operation = begun.data;
  while (operation.status !== 'DONE') {
    await new Promise(resolve => setTimeout(resolve, 100));
    operation = (await sql.operations.get({ project, operation: operation.name })).data;
  }
  if (operation.error) throw new Error(JSON.stringify(operation.error));
  return operation.operationType;
}

const types = [];
types.push(await done(await sql.instances.insert({
  project,
  requestBody: {
    name: instance,
    region: 'us-central1',
    databaseVersion: 'POSTGRES_15',
    settings: {
      tier: 'db-f1-micro',
      edition: 'ENTERPRISE',
      dataDiskSizeGb: '10',
      backupConfiguration: { enabled: false },
      databaseFlags: [{ name: 'max_connections', value: '50' }],
    },
  },
})));
const again = await sql.instances
  .insert({ project, requestBody: { name: instance, region: 'us-central1', databaseVersion: 'POSTGRES_15', settings: { tier: 'db-f1-micro', edition: 'ENTERPRISE' } } })
  .then(() => 0, error => error.status);
types.push(await done(await sql.databases.insert({ project, instance, requestBody: { name: 'marketing_swarm', charset: 'UTF8' } })));
types.push(await done(await sql.users.insert({ project, instance, requestBody: { name: 'app_user', password: process.env.PEER_SECRET } })));

const made = (await sql.instances.get({ project, instance })).data;
const instances = (await sql.instances.list({ project })).data.items;
const databases = (await sql.databases.list({ project, instance })).data.items;
const users = (await sql.users.list({ project, instance })).data.items;
report({
  types,
  again,
  state: made.state,
  connectionName: made.connectionName,
  settingsVersion: made.settings.settingsVersion,
  address: made.ipAddresses[0].ipAddress,
  instances: instances.map(one => one.name),
  databases: databases.map(one => one.name),
  users: users.map(one => one.name),
});
