package accounts

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/store"
)

// accessToken signs the access token of a session, which holds for ttl from now on. u was
// read before its rights were: if either changes in between, u's revision is the old
// one and the token worthless.
func (a *Accounts) accessToken(ctx context.Context, u *user, g rights, s *session, now time.Time) (token string, ttl time.Duration, err error) {
	key, err := a.signing.current(ctx)
	if err != nil {
		return "", 0, err
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{
		Audience: audience, Issuer: a.config.PublicURL, Key: key, Now: func() time.Time { return now },
	})
	if err != nil {
		return "", 0, err
	}
	ttl = max(min(a.config.AccessTTL, s.ExpiresAt.Sub(now)), time.Second)
	p, err := a.tokenOf(ctx, u, g, s)
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

// maxTokenMetadata is how much metadata of each kind an access token takes along, in
// bytes: requests carry it in a header. Longer ones are left out, and so are those that
// do not fit in another way; GET /user has them.
const maxTokenMetadata = 1536

// tokenOf returns who an access token is for.
func (a *Accounts) tokenOf(ctx context.Context, u *user, g rights, s *session) (auth.Principal, error) {
	p := auth.Principal{
		Kind: auth.User, ID: u.ID.String(), Roles: []string{u.Role}, Session: s.ID.String(), AAL: int(s.AAL), IsAnonymous: u.IsAnonymous,
		Claims: map[string]any{"email": deref(u.Email), "phone": deref(u.Phone), "amr": s.newestFirst()},
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
		if err := g.size(); err != nil {
			// SetRoles refuses that; a role has grown since.
			a.config.Logger.ErrorContext(ctx, "accounts: the roles do not fit into a token; the token has no roles", "user", u.ID, "error", err)
		} else if len(g.roles) > 0 {
			p.Roles, p.Permissions = append(p.Roles, g.roles...), g.permissions
			p.Claims["role_revs"] = g.revs
		}
	}
	added, err := a.hookClaims(ctx, u, &p)
	maps.Copy(p.Claims, added)
	if tenant, ok := added["tenant_id"].(string); ok {
		p.Tenant = tenant
	}
	return p, err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// newestFirst are the methods of a session in the order of amr on the wire.
func (s *session) newestFirst() []method {
	list, err := s.shown()
	if err != nil || list == nil {
		return []method{}
	}
	slices.Reverse(list)
	return list
}

// verifyToken verifies an access token. A token that was verified before is looked up. In both
// cases it is valid only while its session is.
func (a *Accounts) verifyToken(ctx context.Context, token string) (auth.Principal, error) {
	entry, ok := a.verified.get(token, a.config.Now())
	if !ok {
		var err error
		if entry, err = a.verifyNew(ctx, token, a.verified, token); err != nil {
			return auth.Principal{}, err
		}
	}
	if err := a.verdict(ctx, &entry); err != nil {
		return auth.Principal{}, err
	}
	return entry.principal, nil
}

// verifyNew verifies an access token and remembers that it holds for a credential.
func (a *Accounts) verifyNew(ctx context.Context, token string, in *verifiedTokens, credential string) (verifiedToken, error) {
	p, err := a.verifier.Verify(ctx, token)
	if err != nil {
		return verifiedToken{}, err
	}
	entry := verifiedToken{principal: p, made: madeOf(p.Claims)}
	in.put(credential, entry, a.config.Now())
	return entry, nil
}

// madeOf reads from which revisions a token was made.
func madeOf(claims map[string]any) revisions {
	var made revisions
	made.User = revision(claims["rev"])
	if roles, ok := claims["role_revs"].(map[string]any); ok {
		made.Roles = make(map[string]int64, len(roles))
		for name, rev := range roles {
			made.Roles[name] = revision(rev)
		}
	}
	return made
}

// revision reads a number. What is none is older than all.
func revision(claim any) int64 {
	number, _ := claim.(json.Number)
	rev, err := number.Int64()
	if err != nil {
		return 0
	}
	return rev
}

// revisions are those that a token was made of.
type revisions struct {
	User  int64
	Roles map[string]int64
}

// verifiedToken is a token with a valid signature and valid claims.
type verifiedToken struct {
	principal auth.Principal
	made      revisions
}

// maxVerified is the number of tokens that are remembered. One takes about three
// kilobytes.
const maxVerified = 10_000

// verifiedTokens remembers tokens until they expire, in two generations: when the
// young one is full it takes the place of the old one, which is forgotten. They are
// looked up as they are: hashing one would take longer than all the rest, and how long
// a look-up takes says nothing of the tokens there are, since maps hash with a key of
// the process. It is safe for concurrent use.
type verifiedTokens struct {
	mu         sync.RWMutex
	young, old map[string]verifiedToken
}

func newVerifiedTokens() *verifiedTokens {
	return &verifiedTokens{young: make(map[string]verifiedToken)}
}

func (v *verifiedTokens) get(key string, now time.Time) (entry verifiedToken, ok bool) {
	v.mu.RLock()
	entry, ok = v.young[key]
	if !ok {
		entry, ok = v.old[key]
	}
	v.mu.RUnlock()
	return entry, ok && now.Before(entry.principal.Expires)
}

func (v *verifiedTokens) put(key string, entry verifiedToken, now time.Time) {
	if !now.Before(entry.principal.Expires) {
		return // within the skew of clocks, so it is looked at each time
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.young) >= maxVerified/2 {
		v.old, v.young = v.young, make(map[string]verifiedToken, maxVerified/2)
	}
	v.young[strings.Clone(key)] = entry // not the header it stands in
}
