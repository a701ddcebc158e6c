// Services that sign people in by clients which others wrote: openid-client, express-openid-connect,
// Auth.js and oidc-client-ts.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { ISSUER, PORT, SECRETS, INSTALLED } = process.env;
const require = createRequire(INSTALLED + '/');
const express = require('express');
const { auth } = require('express-openid-connect');
const oidc = await import(require.resolve('openid-client'));
const jose = await import(require.resolve('jose'));
const { ExpressAuth, getSession } = await import(require.resolve('@auth/express'));
const secrets = JSON.parse(SECRETS);
const base = `http://localhost:${PORT}`;
const app = express();
const received = [];

app.get('/health', (_request, response) => response.send('ok'));
app.get('/received', (_request, response) => response.json(received));

// --- openid-client ------------------------------------------------------------------------------------------------
const panva = express.Router();
const state = {};
const configured = () => (state.configured ??= oidc.discovery(new URL(ISSUER), 'panva', secrets.panva, undefined,
  { execute: [oidc.allowInsecureRequests] }));
const begin = async (response, more) => {
  state.verifier = oidc.randomPKCECodeVerifier();
  response.redirect(oidc.buildAuthorizationUrl(await configured(), {
    redirect_uri: `${base}/panva/callback`,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(state.verifier),
    code_challenge_method: 'S256',
    ...more,
  }).href);
};
panva.get('/login', (_request, response) => begin(response, {}));
panva.get('/silent', (_request, response) => begin(response, { prompt: 'none', id_token_hint: state.tokens.id_token }));
panva.get('/callback', async (request, response) => {
  state.tokens = await oidc.authorizationCodeGrant(await configured(), new URL(base + request.originalUrl),
    { pkceCodeVerifier: state.verifier });
  response.json(state.tokens.claims());
});
panva.get('/userinfo', async (_request, response) => {
  const { access_token: token } = state.tokens;
  response.json(await oidc.fetchUserInfo(await configured(), token, state.tokens.claims().sub));
});
panva.get('/refresh', async (_request, response) => {
  const answers = await Promise.all(Array.from({ length: 8 }, async () =>
    oidc.refreshTokenGrant(await configured(), state.tokens.refresh_token)));
  const lines = new Set(answers.map((answer) => answer.refresh_token));
  state.tokens = { ...answers[0], id_token: answers[0].id_token, claims: () => answers[0].claims() };
  response.json({ answers: answers.length, lines: lines.size });
});
panva.get('/logout', async (_request, response) => response.redirect(oidc.buildEndSessionUrl(await configured(), {
  post_logout_redirect_uri: `${base}/panva/bye`, id_token_hint: state.tokens.id_token, state: 'left',
}).href));
panva.get('/bye', (request, response) => response.json(request.query));
panva.post('/backchannel', express.urlencoded({ extended: false }), async (request, response) => {
  const metadata = (await configured()).serverMetadata();
  const keys = jose.createRemoteJWKSet(new URL(metadata.jwks_uri));
  const options = { issuer: metadata.issuer, audience: 'panva', typ: 'logout+jwt' };
  const { payload } = await jose.jwtVerify(request.body.logout_token, keys, options);
  received.push(payload);
  response.status(200).end();
});
app.use('/panva', panva);

// --- Auth.js, by its Express integration ------------------------------------------------------------------------------
const guide = async (token) => { // its guide "Refresh Token Rotation"
  const answer = await fetch(`${ISSUER}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: 'authjs', client_secret: secrets.authjs, grant_type: 'refresh_token', refresh_token: token,
    }),
  });
  return (await answer.json()).refresh_token;
};
const authjs = {
  trustHost: true,
  basePath: '/authjs/auth',
  secret: 'a long and random string of this test alone',
  providers: [{ id: 'keyholder', name: 'Keyholder', type: 'oidc', issuer: ISSUER, clientId: 'authjs',
    clientSecret: secrets.authjs, ...JSON.parse(process.env.AUTHJS ?? '{}') }],
  callbacks: {
    jwt: ({ token, account, profile }) => (account ? { ...token, refresh: account.refresh_token, profile } : token),
    session: ({ session, token }) => ({ ...session, refresh: token.refresh, profile: token.profile }),
  },
};
app.get('/authjs/me', async (request, response) => response.json(await getSession(request, authjs)));
app.get('/authjs/refresh', async (request, response) => {
  const { refresh } = await getSession(request, authjs);
  const answers = await Promise.all(Array.from({ length: 8 }, () => guide(refresh)));
  response.json({ answers: answers.filter(Boolean).length, lines: new Set(answers).size, first: refresh });
});
app.use('/authjs/auth', ExpressAuth(authjs));

// --- oidc-client-ts, in the browser -----------------------------------------------------------------------------------
const script = readFileSync(require.resolve('oidc-client-ts').replace(/dist.*$/, 'dist/browser/oidc-client-ts.js'));
app.get('/spa/client.js', (_request, response) => response.type('js').send(script));
app.get(['/spa/', '/spa/callback', '/spa/silent'], (_request, response) => response.send(`<!doctype html>
<title>spa</title><script src="/spa/client.js"></script><script>
  const manager = window.manager = new oidc.UserManager({
    authority: ${JSON.stringify(ISSUER)}, client_id: 'spa', redirect_uri: '${base}/spa/callback',
    silent_redirect_uri: '${base}/spa/silent', post_logout_redirect_uri: '${base}/spa/', loadUserInfo: true,
    automaticSilentRenew: false, monitorSession: false,
  });
  if (new URLSearchParams(location.search).has('code') || new URLSearchParams(location.search).has('error'))
    manager.signinCallback().then((user) => { window.user = user; }, (error) => { window.failure = String(error); });
</script>`));

// --- express-openid-connect, last because it is a middleware for all addresses --------------------------------------
const sessions = new Map();
const store = {
  get: (key, done) => done(null, sessions.get(key)),
  set: (key, value, done) => { sessions.set(key, value); done(null); },
  destroy: (key, done) => { sessions.delete(key); done(null); },
};
const protectedApp = express.Router();
protectedApp.use(auth({
  issuerBaseURL: ISSUER,
  baseURL: `${base}/express`,
  clientID: 'express',
  clientSecret: secrets.express,
  secret: 'a long and random string of this test alone',
  authRequired: false,
  idpLogout: true,
  backchannelLogout: { store },
  session: { store },
  authorizationParams: { response_type: 'code', scope: 'openid profile email', ...JSON.parse(process.env.EXPRESS ?? '{}') },
}));
protectedApp.get('/me', async (request, response) => {
  if (!request.oidc.isAuthenticated()) return response.status(401).json({});
  return response.json({ claims: request.oidc.idTokenClaims, userinfo: await request.oidc.fetchUserInfo() });
});
protectedApp.get('/refresh', async (request, response) => {
  const refreshed = await request.oidc.accessToken.refresh();
  response.json({ token: Boolean(refreshed.access_token) });
});
protectedApp.get('/silent', (_request, response) => response.oidc.login({ returnTo: '/express/me',
  authorizationParams: { prompt: 'none' } }));
protectedApp.get('/', (request, response) => response.json({ signedIn: request.oidc.isAuthenticated() }));
app.use('/express', protectedApp);
app.use((error, _request, response, _next) => response.status(500).send(String(error.stack)));

app.listen(PORT, 'localhost');
