// The supplier's identity provider for tests: npm's oidc-provider, with sign-ins that ask nothing.
import crypto from 'node:crypto';
import { createRequire } from 'node:module';

const { default: Provider } = await import(createRequire(process.cwd() + '/').resolve('oidc-provider'));
const { PORT, CLIENT_ID, CLIENT_SECRET, PORTAL_URL } = process.env;

const PEOPLE = {
  'staff-1': { name: 'Sam Salonen', email: 'sam@kivisalo.example', groups: ['kh-support', 'kh-owners'] },
  'staff-2': { name: 'Sara Salo', email: 'sara@kivisalo.example', groups: ['other'] },
};
const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(`http://localhost:${PORT}`, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' }] },
  clients: [{
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: [`${PORTAL_URL}/staff/sign-in/callback`],
    post_logout_redirect_uris: [`${PORTAL_URL}/staff/sign-in/`],
    backchannel_logout_uri: `${PORTAL_URL}/staff/backchannel-logout`,
    backchannel_logout_session_required: true,
  }],
  acrValues: ['phr'],
  claims: { openid: ['sub', 'amr'], profile: ['name', 'groups'], email: ['email'], acr: null, sid: null },
  conformIdTokenClaims: false,
  cookies: { keys: [crypto.randomBytes(32).toString('hex')] },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_ctx, id) => PEOPLE[id] && { accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) },
});

// login_hint says who signs in, and ends with +mfa where a second factor is proved.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const [accountId, second] = (params.login_hint ?? 'staff-1').split('+');
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const login = { accountId, amr: second ? ['pwd', second] : ['pwd'] };
  await provider.interactionFinished(ctx.req, ctx.res, { login, consent: { grantId: await grant.save() } });
  ctx.respond = false;
});
provider.listen(Number(PORT), '127.0.0.1');
