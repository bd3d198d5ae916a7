package session

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/store"
)

// MaxAccessTTL is the longest lifetime of access tokens.
const MaxAccessTTL = time.Hour

// accessToken signs the access token of a session, valid for ttl. u was read before its
// rights. If either changes in between, the token has u's old revision and is revoked.
func (ss *Sessions) accessToken(ctx context.Context, u *data.User, g data.Rights, s *data.Session, now time.Time) (token string, ttl time.Duration, err error) {
	key, err := ss.Signing.current(ctx)
	if err != nil {
		return "", 0, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Audience: data.Audience, Issuer: ss.PublicURL, Key: key, Now: func() time.Time { return now },
	})
	if err != nil {
		return "", 0, err
	}
	ttl = max(min(ss.AccessTTL, s.ExpiresAt.Sub(now)), time.Second)
	p, err := ss.tokenOf(ctx, u, g, s)
	if err != nil {
		return "", 0, err
	}
	token, err = signer.Sign(p, ttl)
	for _, name := range []string{"user_metadata", "app_metadata"} {
		if err == nil {
			break
		}
		// They may be nested deeper than a token allows, or grow by escapes. The user must be
		// able to log in.
		delete(p.Claims, name)
		token, err = signer.Sign(p, ttl)
	}
	return token, ttl, err
}

// maxTokenMetadata is the size of the metadata of each kind in an access token, in bytes,
// because requests carry the token in a header. Longer metadata are left out, and so are
// those that no token can hold. GET /user returns them.
const maxTokenMetadata = 1536

// tokenOf returns the principal of an access token.
func (ss *Sessions) tokenOf(ctx context.Context, u *data.User, g data.Rights, s *data.Session) (auth.Principal, error) {
	p := auth.Principal{
		Kind: auth.User, ID: u.ID.String(), Roles: []string{u.Role}, Session: s.ID.String(), AAL: int(s.AAL), IsAnonymous: u.IsAnonymous,
		Claims: map[string]any{"email": data.Deref(u.Email), "phone": data.Deref(u.Phone), "amr": s.NewestFirst()},
	}
	for name, doc := range map[string]store.JSON{"app_metadata": u.AppMetadata, "user_metadata": u.UserMetadata} {
		if len(doc) <= maxTokenMetadata {
			p.Claims[name] = json.RawMessage(doc)
		}
	}
	if u.Rev > 0 {
		p.Claims["rev"] = u.Rev
	}
	if !u.IsAnonymous {
		if err := g.Size(); err != nil {
			// SetRoles rejects that, but a role has got more permissions since.
			ss.Logger.ErrorContext(ctx, "accounts: the roles do not fit into a token; the token has no roles", "user", u.ID, "error", err)
		} else if len(g.Roles) > 0 {
			p.Roles, p.Permissions = append(p.Roles, g.Roles...), g.Permissions
			p.Claims["role_revs"] = g.Revs
		}
	}
	added, err := ss.HookClaims(ctx, u, &p)
	maps.Copy(p.Claims, added)
	if tenant, ok := added["tenant_id"].(string); ok {
		p.Tenant = tenant
	}
	return p, err
}

// Verify verifies an access token. A token that was verified before is looked up. In both
// cases it is valid only while its session is active.
func (ss *Sessions) Verify(ctx context.Context, token string) (auth.Principal, error) {
	entry, ok := ss.Verified.Get(token, ss.Now())
	if !ok {
		var err error
		if entry, err = ss.verifyNew(ctx, token, ss.Verified, token); err != nil {
			return auth.Principal{}, err
		}
	}
	if err := ss.verdict(ctx, &entry); err != nil {
		return auth.Principal{}, err
	}
	return entry.Principal, nil
}

// verifyNew verifies an access token and caches the result under a credential.
func (ss *Sessions) verifyNew(ctx context.Context, token string, in *TokenCache, credential string) (VerifiedToken, error) {
	p, err := ss.Verifier.Verify(ctx, token)
	if err != nil {
		return VerifiedToken{}, err
	}
	entry := VerifiedToken{Principal: p, Made: revisionsOf(p.Claims)}
	in.Put(credential, entry, ss.Now())
	return entry, nil
}

// revisionsOf reads the revisions from which a token was made.
func revisionsOf(claims map[string]any) Revisions {
	var made Revisions
	made.User = revision(claims["rev"])
	if roles, ok := claims["role_revs"].(map[string]any); ok {
		made.Roles = make(map[string]int64, len(roles))
		for name, rev := range roles {
			made.Roles[name] = revision(rev)
		}
	}
	return made
}

// revision reads a number. Another value counts as older than every revision.
func revision(claim any) int64 {
	number, _ := claim.(json.Number)
	rev, err := number.Int64()
	if err != nil {
		return 0
	}
	return rev
}

// Revisions are the revisions from which a token was made.
type Revisions struct {
	User  int64
	Roles map[string]int64
}

// VerifiedToken is a token with a valid signature and valid claims.
type VerifiedToken struct {
	Principal auth.Principal
	Made      Revisions
}

// MaxVerified is the number of cached tokens. One takes about three kilobytes.
const MaxVerified = 10_000

// TokenCache caches tokens until they expire, in two generations. When the young one is
// full, it replaces the old one. Tokens are keys without a hash: hashing would take longer
// than the rest of a look-up. The time of a look-up reveals no token, because maps hash
// with a random key of the process. It is safe for concurrent use.
type TokenCache struct {
	mu         sync.RWMutex
	Young, Old map[string]VerifiedToken
}

// NewTokenCache returns an empty cache.
func NewTokenCache() *TokenCache {
	return &TokenCache{Young: make(map[string]VerifiedToken)}
}

// Get returns the entry of a token that has not expired.
func (v *TokenCache) Get(key string, now time.Time) (entry VerifiedToken, ok bool) {
	v.mu.RLock()
	entry, ok = v.Young[key]
	if !ok {
		entry, ok = v.Old[key]
	}
	v.mu.RUnlock()
	return entry, ok && now.Before(entry.Principal.Expires)
}

// Put caches a token.
func (v *TokenCache) Put(key string, entry VerifiedToken, now time.Time) {
	if !now.Before(entry.Principal.Expires) {
		return // expired but for the skew of clocks: verify it each time
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.Young) >= MaxVerified/2 {
		v.Old, v.Young = v.Young, make(map[string]VerifiedToken, MaxVerified/2)
	}
	v.Young[strings.Clone(key)] = entry // not the whole header
}

// errForeignID rejects a token with an id that could be a user's.
var errForeignID = fmt.Errorf("accounts: the id of another issuer's user could be the id of an account: %w", auth.ErrInvalid)

// Foreign restricts a verifier of another issuer to users of that issuer. It rejects ids that
// could be users here, which rules would take for owners of rows, and removes the session.
func (ss *Sessions) Foreign(v auth.Verifier) auth.Verifier {
	return auth.VerifierFunc(func(ctx context.Context, token string) (auth.Principal, error) {
		p, err := v.Verify(ctx, token)
		if err != nil {
			return auth.Principal{}, err
		}
		if _, err := store.ParseID(p.ID); err == nil || p.Issuer == ss.PublicURL {
			ss.Logger.WarnContext(ctx, "accounts: the id in a token of another issuer could be the id of an account; give the issuer a Name", "issuer", p.Issuer)
			return auth.Principal{}, errForeignID
		}
		p.Session = ""
		return p, nil
	})
}
