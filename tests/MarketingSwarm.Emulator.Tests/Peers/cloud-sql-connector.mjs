// Connects with @google-cloud/cloud-sql-connector and pg, by a password and by Cloud IAM.
import { AuthTypes, Connector, IpAddressTypes } from '@google-cloud/cloud-sql-connector';
import pg from 'pg';
import { credential, endpoint, report } from './peer.mjs';

// Of a refresh that fails the connector leaves a second promise behind, which nobody can await; Node would end for it.
process.on('unhandledRejection', () => {});

const instanceConnectionName = process.env.PEER_INSTANCE;

async function ask(authType, login, name = instanceConnectionName) {
  const connector = new Connector({ sqlAdminAPIEndpoint: endpoint.href, auth: credential() });
  try {
    const options = await connector.getOptions({ instanceConnectionName: name, authType, ipType: IpAddressTypes.PUBLIC });
    const client = new pg.Client({ ...options, database: 'postgres', ...login });
    await client.connect();
    const { rows } = await client.query("SELECT session_user AS name, length(string_agg(repeat('x', 1000), '')) AS length FROM generate_series(1, 1000)");
    await client.end();
    return `${rows[0].name} ${rows[0].length}`;
  } catch (error) {
    return error.code ?? error.message;
  } finally {
    connector.close();
  }
}

const [project, , instance] = instanceConnectionName.split(':');
report({
  password: await ask(AuthTypes.PASSWORD, { user: 'app_user', password: process.env.PEER_SECRET }),
  wrong: await ask(AuthTypes.PASSWORD, { user: 'app_user', password: 'another' }),
  iam: await ask(AuthTypes.IAM, { user: process.env.PEER_ACCOUNT }),
  stranger: await ask(AuthTypes.IAM, { user: 'somebody@example.com' }),
  region: await ask(AuthTypes.PASSWORD, { user: 'app_user', password: process.env.PEER_SECRET }, `${project}:europe-west1:${instance}`),
});
