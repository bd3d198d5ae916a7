package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/store"
)

// accessToken signs the access token of a session.
func (a *Accounts) accessToken(ctx context.Context, u *user, s *session) (token string, expires time.Time, err error) {
	key, err := a.signing.current(ctx)
	if err != nil {
		return "", expires, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{Audience: audience, Issuer: a.config.PublicURL, Key: key, Now: a.config.Now})
	if err != nil {
		return "", expires, err
	}
	ttl := min(a.config.AccessTTL, s.ExpiresAt.Sub(a.now()))
	p := auth.Principal{
		Kind: auth.User, ID: u.ID.String(), Roles: []string{u.Role}, Session: s.ID.String(), AAL: int(s.AAL), IsAnonymous: u.IsAnonymous,
		Claims: map[string]any{
			"email": deref(u.Email), "phone": deref(u.Phone), "amr": json.RawMessage(newestFirst(s.Methods)),
			"app_metadata": json.RawMessage(u.AppMetadata), "user_metadata": json.RawMessage(u.UserMetadata),
		},
	}
	token, err = signer.Sign(p, max(ttl, time.Second))
	return token, a.now().Add(ttl), err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// newestFirst is the order of amr on the wire.
func newestFirst(methods store.JSON) []byte {
	var list []method
	if json.Unmarshal([]byte(methods), &list) != nil {
		return []byte("[]")
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return []byte("[]")
	}
	return raw
}

// Verify implements auth.Verifier for access tokens. One that was verified before is
// looked up by its hash; either way it holds only while its session does.
func (a *Accounts) Verify(ctx context.Context, token string) (auth.Principal, error) {
	now := a.config.Now()
	key := sha256.Sum256([]byte(token))
	entry, ok := a.verified.get(key, now)
	if !ok {
		p, err := a.verifier.Verify(ctx, token)
		if err != nil {
			return auth.Principal{}, err
		}
		entry = verifiedToken{principal: p, issued: issuedAt(p.Claims)}
		a.verified.put(key, entry, now)
	}
	if a.revoked.covers(&entry) {
		return auth.Principal{}, errRevoked
	}
	return entry.principal, nil
}

// issuedAt reads iat.
func issuedAt(claims map[string]any) time.Time {
	text, _ := claims["iat"].(json.Number)
	whole, _, _ := strings.Cut(text.String(), ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// verifiedToken is a token whose signature and claims held.
type verifiedToken struct {
	principal auth.Principal
	issued    time.Time
}

// maxVerified is the number of tokens that are remembered. One takes about two
// kilobytes.
const maxVerified = 10_000

// verifiedTokens remembers tokens until they expire, in two generations: when the
// young one is full it takes the place of the old one, which is forgotten. It is
// safe for concurrent use.
type verifiedTokens struct {
	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]verifiedToken
}

func newVerifiedTokens() *verifiedTokens {
	return &verifiedTokens{young: make(map[[sha256.Size]byte]verifiedToken)}
}

func (v *verifiedTokens) get(key [sha256.Size]byte, now time.Time) (entry verifiedToken, ok bool) {
	v.mu.RLock()
	entry, ok = v.young[key]
	if !ok {
		entry, ok = v.old[key]
	}
	v.mu.RUnlock()
	return entry, ok && now.Before(entry.principal.Expires)
}

func (v *verifiedTokens) put(key [sha256.Size]byte, entry verifiedToken, now time.Time) {
	if !now.Before(entry.principal.Expires) {
		return // within the skew of clocks, so it is looked at each time
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.young) >= maxVerified/2 {
		v.old, v.young = v.young, make(map[[sha256.Size]byte]verifiedToken, maxVerified/2)
	}
	v.young[key] = entry
}
