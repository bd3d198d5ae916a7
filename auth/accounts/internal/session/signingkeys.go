package session

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/seal"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/store"
)

const (
	// signingLife is how long a key signs.
	signingLife = 90 * 24 * time.Hour

	// publishAhead is how long a key is published before it signs. Clients keep a
	// key set for ten minutes, and CDNs may keep it as long again.
	publishAhead = 24 * time.Hour

	// keysFresh is how long an instance uses the keys it has read, unless it needs
	// a key it does not have. If they cannot be read again, it uses them for
	// KeysInTrouble.
	keysFresh     = time.Minute
	KeysInTrouble = 10 * time.Minute

	// keysReadTime is the timeout of reading them, and keysRetry the pause after a failed
	// read.
	keysReadTime = 10 * time.Second
	keysRetry    = time.Second
)

// SigningKeys are the keys of the database. They are made, rotated and read on demand. It is a
// jwt.KeySource.
type SigningKeys struct {
	db   *store.DB
	keys *seal.Keyring
	ttl  time.Duration // of access tokens
	now  func() time.Time

	logger  *slog.Logger
	trouble logging.Sampled

	Turn chan struct{} // holds a token while a goroutine reads the keys

	mu     sync.Mutex
	read   time.Time
	loaded []loadedKey // oldest first
	reads  int         // successful ones
	failed error       // of the last read, nil if it succeeded
	tried  time.Time   // when that read ended, by the clock of the machine
}

func newSigningKeys(db *store.DB, keys *seal.Keyring, ttl time.Duration, now func() time.Time, logger *slog.Logger) *SigningKeys {
	return &SigningKeys{db: db, keys: keys, ttl: ttl, now: now, logger: logger, Turn: make(chan struct{}, 1)}
}

type loadedKey struct {
	row *data.SigningKey
	key jwt.Key
}

// current returns the key that signs now.
func (s *SigningKeys) current(ctx context.Context) (jwt.Key, error) {
	loaded, err := s.all(ctx, false)
	if err != nil {
		return jwt.Key{}, err
	}
	now := s.now()
	for i := len(loaded) - 1; i >= 0; i-- {
		if !now.Before(loaded[i].row.SignsFrom) {
			return loaded[i].key, nil
		}
	}
	return jwt.Key{}, errors.New("accounts: no signing key is valid yet: the clock of this machine is behind")
}

// Key implements jwt.KeySource.
func (s *SigningKeys) Key(ctx context.Context, id string) (key jwt.Key, found bool, err error) {
	for _, again := range []bool{false, true} {
		loaded, err := s.all(ctx, again)
		if err != nil {
			return jwt.Key{}, false, err
		}
		for _, l := range loaded {
			if l.key.ID() == id {
				return l.key, true, nil
			}
		}
	}
	return jwt.Key{}, false, nil
}

// Public returns the public keys as a JWK Set.
func (s *SigningKeys) Public(ctx context.Context) ([]byte, error) {
	loaded, err := s.all(ctx, false)
	if err != nil {
		return nil, err
	}
	keys := make([]jwt.Key, len(loaded))
	for i, l := range loaded {
		keys[i] = l.key
	}
	return jwt.Set(keys...)
}

// all returns the keys that may have signed a valid token, and the ones that will sign next.
// again requests a key that is missing among the known ones. One request reads the keys for
// all others, which wait only if the known keys do not suffice.
func (s *SigningKeys) all(ctx context.Context, again bool) ([]loadedKey, error) {
	known, arrived, sure, err := s.known(again)
	if sure {
		return known, err
	}
	if known != nil && !again {
		select {
		case s.Turn <- struct{}{}:
		default:
			return known, nil
		}
	} else {
		select {
		case s.Turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-s.Turn }()
	known, reads, sure, err := s.known(again)
	if sure || reads != arrived { // read by the goroutine that had the token
		return known, err
	}
	// All requests use the result, so the read does not end with this request.
	reading, stop := context.WithTimeout(context.WithoutCancel(ctx), keysReadTime)
	defer stop()
	now := s.now()
	loaded, err := s.load(reading, now)
	s.mu.Lock()
	s.failed, s.tried = err, time.Now()
	if err == nil {
		s.loaded, s.read, s.reads = loaded, now, s.reads+1
	}
	s.mu.Unlock()
	if err != nil && known != nil && s.trouble.Due(time.Minute) {
		s.logger.WarnContext(ctx, "accounts: signing keys cannot be read; the cached keys stay in use", "for", KeysInTrouble.String(), "error", err)
	}
	if err != nil && known != nil && !again {
		return known, nil
	}
	return loaded, err
}

// known returns the keys that were read before, if they can still be used, the number of
// successful reads, and whether another read is unnecessary now.
func (s *SigningKeys) known(again bool) (keys []loadedKey, reads int, sure bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.now().Sub(s.read)
	if s.loaded != nil && age < KeysInTrouble {
		keys = s.loaded
	}
	// The client chooses the kid, so an unknown one reads the keys at most once a second.
	if keys != nil && (age < time.Second || !again && age < keysFresh) {
		return keys, s.reads, true, nil
	}
	if s.failed == nil || time.Since(s.tried) >= keysRetry {
		return keys, s.reads, false, nil
	}
	if keys != nil && !again {
		return keys, s.reads, true, nil
	}
	return nil, s.reads, true, s.failed
}

// load reads the keys, and makes the next one if it is due.
func (s *SigningKeys) load(ctx context.Context, now time.Time) ([]loadedKey, error) {
	rows, err := s.rows(ctx, now)
	if err != nil {
		return nil, err
	}
	if last := len(rows) - 1; last < 0 || now.After(rows[last].SignsUntil.Add(-publishAhead)) {
		if err := s.rotate(ctx, rows, now); err != nil {
			return nil, err
		}
		if rows, err = s.rows(ctx, now); err != nil {
			return nil, err
		}
	}
	loaded := make([]loadedKey, 0, len(rows))
	for _, row := range rows {
		key, err := s.unseal(row)
		if err != nil {
			return nil, err
		}
		loaded = append(loaded, loadedKey{row, key})
	}
	return loaded, nil
}

// rows reads the keys that have not expired, oldest first.
func (s *SigningKeys) rows(ctx context.Context, now time.Time) ([]*data.SigningKey, error) {
	over := now.Add(-s.ttl - time.Minute) // a minute for clocks that differ
	return data.SigningKeysUntil(ctx, s.db, over)
}

// rotate makes the next key. Of concurrent instances one succeeds.
func (s *SigningKeys) rotate(ctx context.Context, rows []*data.SigningKey, now time.Time) error {
	next := &data.SigningKey{Generation: 1, CreatedAt: now, SignsFrom: now}
	if last := len(rows) - 1; last >= 0 {
		next.Generation, next.SignsFrom = rows[last].Generation+1, rows[last].SignsUntil
		if next.SignsFrom.Before(now) {
			next.SignsFrom = now
		}
	} else if newest, err := data.NewestSigningKey(ctx, s.db); err == nil {
		next.Generation = newest.Generation + 1
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	next.SignsUntil = next.SignsFrom.Add(signingLife)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	key, err := jwt.PrivateKey("", private)
	if err != nil {
		return err
	}
	next.KeyID = key.ID()
	next.Sealed = s.keys.Seal(next.Place(), raw)
	err = data.Insert(ctx, s.db, next)
	if data.IsTaken(err) {
		return nil // another instance was faster
	}
	return err
}

func (s *SigningKeys) unseal(row *data.SigningKey) (jwt.Key, error) {
	raw, err := s.keys.Open(row.Place(), row.Sealed)
	if err != nil {
		return jwt.Key{}, err
	}
	private, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return jwt.Key{}, fmt.Errorf("accounts: signing key: %w", err)
	}
	signer, ok := private.(*ecdsa.PrivateKey)
	if !ok {
		return jwt.Key{}, errors.New("accounts: signing key: not an ECDSA key")
	}
	return jwt.PrivateKey(row.KeyID, signer)
}
