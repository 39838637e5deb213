/**
 * `@apollo/gateway` reports home by the hour unless this is set before it is constructed. Whoever imports it imports
 * this first.
 */
// biome-ignore lint/style/noProcessEnv: the library takes this switch from the environment only.
process.env.APOLLO_TELEMETRY_DISABLED = '1'
