package apikey

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/session"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
)

// errKey is the error for every API key that is rejected.
var errKey = fmt.Errorf("accounts: the API key is not valid: %w", auth.ErrInvalid)

const (
	// keyFresh is how long an instance believes what it has read of a key. What ends
	// keys or changes rights is known sooner, see revocations.
	keyFresh = time.Second

	// keyUses is how exact the time of the last use is, and keyNoteTime how long
	// writing it may take.
	keyUses     = time.Minute
	keyNoteTime = 2 * time.Second

	// MaxKeysRead is the number of keys that are remembered.
	MaxKeysRead = 10_000

	// MostReading bounds the keys of one network that are read from the database at a time. Any
	// text can look like a key, and other limits need the caller, which only the key says.
	MostReading = 64
)

// errReading is the answer where a network has as many keys read as it may.
var errReading error = &problem.Error{
	Code: problem.Unavailable, Message: "Too many API keys of your network are being looked up; try again in a moment.",
	Expected: true, RetryAfter: time.Second, Cause: auth.ErrUnavailable,
}

// ReadKey is an API key that held when it was read.
type ReadKey struct {
	principal auth.Principal
	made      session.VerifiedToken // the key as revocations see it: a session of its owner's
	read      time.Time
}

// KeyCache remembers keys. It is safe for concurrent use.
type KeyCache struct {
	mu      sync.RWMutex
	Keys    map[[sha256.Size]byte]*ReadKey
	reading map[netip.Prefix]int // how many are being read for each network
}

// NewKeyCache returns an empty cache.
func NewKeyCache() *KeyCache {
	return &KeyCache{Keys: make(map[[sha256.Size]byte]*ReadKey), reading: make(map[netip.Prefix]int)}
}

// Begin counts a key that is being read for a network, and fails at the limit. Requests without
// a client IP address are not counted.
func (r *KeyCache) Begin(network netip.Prefix) bool {
	if !network.IsValid() {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading[network] >= MostReading {
		return false
	}
	r.reading[network]++
	return true
}

// End ends what Begin has counted.
func (r *KeyCache) End(network netip.Prefix) {
	if !network.IsValid() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading[network]--; r.reading[network] == 0 {
		delete(r.reading, network)
	}
}

func (r *KeyCache) get(hash [sha256.Size]byte) *ReadKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.Keys[hash]
}

// Put remembers a key, or with nil forgets it. When there are too many all are read
// again.
func (r *KeyCache) Put(hash [sha256.Size]byte, k *ReadKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k == nil {
		delete(r.Keys, hash)
		return
	}
	if len(r.Keys) >= MaxKeysRead {
		clear(r.Keys)
	}
	r.Keys[hash] = k
}

// VerifyKey judges an API key. What it may do is what its scopes say and its owner may
// at this time.
func (ks *APIKeys) VerifyKey(ctx context.Context, token string) (auth.Principal, error) {
	hash, ok := HashKey(token)
	if !ok {
		return auth.Principal{}, errKey
	}
	now := ks.Now()
	k := ks.Known.get(hash)
	if k == nil || now.Sub(k.read) >= keyFresh || ks.Sessions.Revoked.Covers(&k.made) {
		var err error
		if k, err = ks.readKey(ctx, hash, now); err != nil {
			if errors.Is(err, auth.ErrInvalid) {
				ks.Known.Put(hash, nil)
			}
			return auth.Principal{}, err
		}
		ks.Known.Put(hash, k)
	}
	if !k.principal.Expires.IsZero() && !now.Before(k.principal.Expires) {
		return auth.Principal{}, errKey
	}
	return k.principal, nil
}

// ReadKey reads a key and the rights of its owner, and records that the key is used.
func (ks *APIKeys) readKey(ctx context.Context, hash [sha256.Size]byte, now time.Time) (*ReadKey, error) {
	client, _ := record.From(ctx).ClientAddress()
	network := netaddr.Group(client)
	if !ks.Known.Begin(network) {
		return nil, errReading
	}
	defer ks.Known.End(network)
	row, err := data.KeyByHash(ctx, ks.DB, hash[:])
	if errors.Is(err, store.ErrNotFound) || err == nil && row.ExpiresAt != nil && !now.Before(*row.ExpiresAt) {
		return nil, errKey
	}
	if err != nil {
		return nil, err
	}
	k := &ReadKey{read: now}
	k.made.Principal.Session = row.ID.String()
	if k.principal, err = ks.bearerOf(ctx, row, &k.made); err != nil {
		return nil, err
	}
	ks.noteUse(ctx, row, now)
	return k, nil
}

// bearerOf returns who brings a key.
func (ks *APIKeys) bearerOf(ctx context.Context, row *data.APIKey, made *session.VerifiedToken) (auth.Principal, error) {
	// Without ScopeSelf the key has no account. Rules for users must not match it.
	p := auth.Principal{Kind: auth.User, ID: row.Bearer(), IsAnonymous: true, AAL: 1, Claims: map[string]any{"api_key": row.ID.String()}}
	p.Expires = data.DerefTime(row.ExpiresAt)
	scopes, err := row.ScopeList()
	if err != nil {
		return p, err
	}
	scopes = slices.DeleteFunc(scopes, func(name string) bool { return name == data.PermissionAdmin })
	if row.UserID == nil {
		// The application's own, which an admin has made: it has limits of its own.
		p.Permissions, p.CountedAs = scopes, p.ID
		return p, nil
	}
	u, err := data.GetUser(ctx, ks.DB, *row.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (ks.Sessions.MayEnter(u) != nil || u.IsAnonymous) {
		return p, errKey
	}
	if err != nil {
		return p, err
	}
	p.CountedAs = u.ID.String()
	g, err := data.RightsOf(ctx, ks.DB, u.ID)
	if err != nil {
		return p, err
	}
	made.Principal.ID, made.Made = u.ID.String(), session.Revisions{User: u.Rev, Roles: g.Revs}
	for _, name := range scopes {
		if slices.Contains(g.Permissions, name) {
			p.Permissions = append(p.Permissions, name)
		}
	}
	if slices.Contains(scopes, ScopeSelf) {
		return ks.actAs(ctx, p, u)
	}
	return p, nil
}

// actAs makes the bearer of a key its owner, without the owner's roles: they may grant more
// than the key's scopes.
func (ks *APIKeys) actAs(ctx context.Context, p auth.Principal, u *data.User) (auth.Principal, error) {
	p.ID, p.IsAnonymous = u.ID.String(), false
	if u.Role == data.Audience {
		p.Roles = []string{data.Audience}
	}
	added, err := ks.Sessions.HookClaims(ctx, u, &p)
	p.Tenant, _ = added["tenant_id"].(string)
	return p, session.AsVerdict(err)
}

// noteUse writes when a key was used, at most once a minute. The request is not held
// responsible for what goes wrong.
func (ks *APIKeys) noteUse(ctx context.Context, row *data.APIKey, now time.Time) {
	if row.LastUsedAt != nil && now.Sub(*row.LastUsedAt) < keyUses {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), keyNoteTime)
	defer stop()
	if err := data.UseKey(ctx, ks.DB, row.ID, now.Add(-keyUses), now); err != nil {
		ks.Logger.WarnContext(ctx, "accounts: the use of an API key was not recorded", "key", row.ID, "error", err)
	}
}
