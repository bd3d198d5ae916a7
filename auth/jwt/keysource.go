package jwt

import (
	"context"
	"fmt"
)

// A KeySource gives the keys of an issuer. It must be safe for concurrent use.
type KeySource interface {
	// Key returns the key with an id. An empty id stands for a token without a kid. found is
	// false if the issuer has no such key. An error means that the keys could not be read, so
	// the token is neither valid nor invalid.
	Key(ctx context.Context, id string) (key Key, found bool, err error)
}

// keyring is keys that do not change.
type keyring map[string]Key

func newKeyring(keys []Key) (keyring, error) {
	r := make(keyring, len(keys))
	for _, key := range keys {
		if _, twice := r[key.id]; twice {
			return nil, fmt.Errorf("two keys with id %q", key.id)
		}
		r[key.id] = key
	}
	return r, nil
}

// Key implements [KeySource]. A single key is also that of tokens that name none.
func (r keyring) Key(_ context.Context, id string) (key Key, found bool, err error) {
	if id == "" && len(r) == 1 {
		for _, key := range r {
			return key, true, nil
		}
	}
	key, found = r[id]
	return key, found, nil
}
