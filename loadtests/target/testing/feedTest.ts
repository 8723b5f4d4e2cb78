/**
 * A certificate of `feed.test` and its key, for tests alone: they protect nothing. Made for this project by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=feed.test -addext subjectAltName=DNS:feed.test`.
 */
export const FEED_TEST = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUHgza+4DAZlYbzWBz6zFo7j4pix8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJZmVlZC50ZXN0MCAXDTI2MTEyMTIwMjE0MVoYDzIxMjYxMDI4
MjAyMTQxWjAUMRIwEAYDVQQDDAlmZWVkLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQw99RZJ+NwSpdwTVW7B18kD2NxJszfw3ABu8h85BjBRZXMf4x9Zyt5
uYtjdob+OErRep8xqnFfREyL2lO90dgWo2kwZzAdBgNVHQ4EFgQUmAIjb8VxUe5P
apHYeNYajOkRFYcwHwYDVR0jBBgwFoAUmAIjb8VxUe5PapHYeNYajOkRFYcwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglmZWVkLnRlc3QwCgYIKoZIzj0EAwID
RwAwRAIgHX0QskFC6au+DkVPbJD06MoOKZl7ltaRysVivzLtXpACIAUndtyXmYWq
QhmGCMTZEpaFI8klbSYHQdfh/EoHschV
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8iejtJ5moSox7jfl
9l8LbckG9x86Mi/tSXllk7pR7uShRANCAAQw99RZJ+NwSpdwTVW7B18kD2NxJszf
w3ABu8h85BjBRZXMf4x9Zyt5uYtjdob+OErRep8xqnFfREyL2lO90dgW
-----END PRIVATE KEY-----
`,
};
