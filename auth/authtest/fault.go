package authtest

// A Fault is one thing that a [Provider] does wrong. Every one of them must keep
// people out.
type Fault string

// The faults. FaultNone heals.
const (
	FaultNone Fault = ""

	// The ID token.
	FaultAlgNone       Fault = "alg none"
	FaultAlgSecret     Fault = "HS256 with the client secret"
	FaultAlgPublicKey  Fault = "HS256 with the public key"
	FaultAtHash        Fault = "wrong at_hash"
	FaultAudience      Fault = "wrong aud"
	FaultAzp           Fault = "wrong azp"
	FaultAzpMissing    Fault = "several aud and no azp"
	FaultExpired       Fault = "expired"
	FaultExpMissing    Fault = "no exp"
	FaultExpText       Fault = "exp is a text"
	FaultFuture        Fault = "iat in the future"
	FaultIatMissing    Fault = "no iat"
	FaultIDTokenAbsent Fault = "no ID token"
	FaultIssuer        Fault = "wrong iss"
	FaultKid           Fault = "unknown kid"
	FaultNonce         Fault = "wrong nonce"
	FaultNonceMissing  Fault = "no nonce"
	FaultSignature     Fault = "signature of another key"
	FaultSub           Fault = "sub is a number"
	FaultSubMissing    Fault = "no sub"
	FaultSubTwice      Fault = "sub twice"
	FaultType          Fault = "typ of an access token"

	// The answer to the browser.
	FaultDenied       Fault = "access_denied"
	FaultIss          Fault = "wrong iss parameter"
	FaultIssMissing   Fault = "no iss parameter"
	FaultServerError  Fault = "server_error"
	FaultState        Fault = "wrong state"
	FaultStateMissing Fault = "no state"

	// The metadata and the keys.
	FaultDiscoveryAlg      Fault = "discovery without an algorithm to accept"
	FaultDiscoveryDown     Fault = "discovery answers 500"
	FaultDiscoveryEndpoint Fault = "token endpoint that is no URL to ask"
	FaultDiscoveryKeys     Fault = "keys at no URL to ask"
	FaultDiscoveryHuge     Fault = "huge discovery"
	FaultDiscoveryIssuer   Fault = "discovery of another issuer"
	FaultDiscoverySlow     Fault = "slow discovery"
	FaultKeysDown          Fault = "keys answer 500"
	FaultKeysHuge          Fault = "huge keys"
	FaultKeysPrivate       Fault = "private key among the keys"

	// The token endpoint.
	FaultClient        Fault = "invalid_client"
	FaultTokenDown     Fault = "token endpoint answers 500"
	FaultTokenHuge     Fault = "huge answer of the token endpoint"
	FaultTokenNoJSON   Fault = "token endpoint answers a page"
	FaultTokenRedirect Fault = "redirect from the token endpoint"
	FaultTokenSlow     Fault = "slow token endpoint"
	FaultTokenType     Fault = "unknown token_type"

	// The UserInfo endpoint; the ID token has no address then.
	FaultUserinfoDown       Fault = "UserInfo answers 500"
	FaultUserinfoNoJSON     Fault = "UserInfo answers a page"
	FaultUserinfoSub        Fault = "sub of another in UserInfo"
	FaultUserinfoSubMissing Fault = "no sub in UserInfo"
)

// Faults returns all faults but FaultNone.
func Faults() []Fault {
	return []Fault{
		FaultAlgNone, FaultAlgSecret, FaultAlgPublicKey, FaultAtHash, FaultAudience, FaultAzp, FaultAzpMissing, FaultExpired,
		FaultExpMissing, FaultExpText, FaultFuture, FaultIatMissing, FaultIDTokenAbsent, FaultIssuer, FaultKid, FaultNonce,
		FaultNonceMissing, FaultSignature, FaultSub, FaultSubMissing, FaultSubTwice, FaultType,
		FaultDenied, FaultIss, FaultIssMissing, FaultServerError, FaultState, FaultStateMissing,
		FaultDiscoveryAlg, FaultDiscoveryDown, FaultDiscoveryEndpoint, FaultDiscoveryKeys, FaultDiscoveryHuge, FaultDiscoveryIssuer, FaultDiscoverySlow,
		FaultKeysDown, FaultKeysHuge, FaultKeysPrivate,
		FaultClient, FaultTokenDown, FaultTokenHuge, FaultTokenNoJSON, FaultTokenRedirect, FaultTokenSlow, FaultTokenType,
		FaultUserinfoDown, FaultUserinfoNoJSON, FaultUserinfoSub, FaultUserinfoSubMissing,
	}
}
