// npm's oidc-provider on PostgreSQL, for measurement only: two processes, every grant and token a row.
import cluster from 'node:cluster';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { PORT, INSTALLED, FOLDER, DATABASE, SEEDS, WORKERS } = process.env;
const require = createRequire(INSTALLED + '/');
const { Provider } = await import(require.resolve('oidc-provider'));
const { default: pg } = await import(require.resolve('pg'));
const pool = new pg.Pool({ connectionString: DATABASE, options: '-c search_path=peer', max: 8 });
const query = (name, text, values) => pool.query({ name, text, values });

class Adapter {
  constructor(kind) { this.kind = kind; }
  async upsert(id, payload, seconds) {
    const expires = seconds ? new Date(Date.now() + seconds * 1000) : null;
    await query('upsert', `insert into model values ($1, $2, $3, $4, $5, null) on conflict (kind, id)
      do update set payload = excluded.payload, grant_id = excluded.grant_id, expires = excluded.expires`,
    [this.kind, id, JSON.stringify(payload), payload.grantId ?? null, expires]);
  }
  async find(id) {
    const { rows: [row] } = await query('find', `select payload, consumed from model
      where kind = $1 and id = $2 and (expires is null or expires > now())`, [this.kind, id]);
    return row && { ...row.payload, ...(row.consumed ? { consumed: Number(row.consumed) } : {}) };
  }
  async findByUid() { return undefined; }
  async findByUserCode() { return undefined; }
  async consume(id) {
    await query('consume', 'update model set consumed = $3 where kind = $1 and id = $2',
      [this.kind, id, Math.floor(Date.now() / 1000)]);
  }
  async destroy(id) { await query('destroy', 'delete from model where kind = $1 and id = $2', [this.kind, id]); }
  async revokeByGrantId(grant) { await query('revoke', 'delete from model where grant_id = $1', [grant]); }
}

const keys = `${FOLDER}/keys.json`;
if (cluster.isPrimary) {
  const jwk = (pair, more) => ({ ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', ...more });
  fs.writeFileSync(keys, JSON.stringify({ keys: [
    jwk(crypto.generateKeyPairSync('rsa', { modulusLength: 3072 }), { kid: 'rsa', alg: 'RS256' }),
    jwk(crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }), { kid: 'ec', alg: 'ES256' }),
  ] }));
  await pool.query(`create table model (kind text, id text, payload jsonb, grant_id text, expires timestamptz,
    consumed bigint, primary key (kind, id)); create index on model (grant_id) where grant_id is not null`);
}
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: Adapter,
  jwks: JSON.parse(fs.readFileSync(keys)),
  clients: [{
    client_id: 'bench',
    client_secret: 'bench-secret-0123456789abcdef0123456789',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    redirect_uris: ['https://client.example/cb'],
    scope: 'openid email offline_access api',
  }],
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_context, resource) => ({
        scope: 'api', accessTokenFormat: 'jwt', audience: resource,
        jwt: { sign: { alg: resource.endsWith('es256') ? 'ES256' : 'RS256' } },
      }),
    },
  },
  rotateRefreshToken: true,
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  cookies: { keys: ['bench'] },
  findAccount: (_context, id) => ({
    accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }),
  }),
  scopes: ['openid', 'offline_access', 'email', 'api'],
});

const seed = async () => {
  const client = await provider.Client.find('bench');
  const made = { refresh: [], access: [] };
  for (let number = 0; number < Number(SEEDS); number += 1) {
    const accountId = `user${number}`;
    const grant = new provider.Grant({ accountId, clientId: 'bench' });
    grant.addOIDCScope('openid email offline_access');
    const base = { accountId, client, grantId: await grant.save(), scope: 'openid email offline_access',
      gty: 'authorization_code', authTime: Math.floor(Date.now() / 1000) };
    made.refresh.push(await new provider.RefreshToken(base).save());
    made.access.push(await new provider.AccessToken(base).save());
  }
  fs.writeFileSync(`${FOLDER}/seeds.json`, JSON.stringify(made));
};
if (cluster.isPrimary) {
  await seed();
  for (let number = 0; number < Number(WORKERS); number += 1) cluster.fork();
} else {
  provider.listen(Number(PORT), '127.0.0.1');
}
