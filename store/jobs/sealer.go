package jobs

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/store"
)

// minKey is the least length of a master key, in bytes.
const minKey = 32

// NewSealer returns a [Sealer] by AES-256-GCM. It derives its keys from master keys (RFC
// 5869), random texts of at least 32 bytes. It encrypts with the first and decrypts with
// all, so a key can be removed when its jobs are gone. It fails without a key, and for
// one that is too short.
func NewSealer(masterKeys ...[]byte) (Sealer, error) {
	if len(masterKeys) == 0 {
		return nil, errors.New("jobs: a Sealer needs a master key")
	}
	var s sealer
	for i, master := range masterKeys {
		if len(master) < minKey {
			return nil, fmt.Errorf("jobs: master key %d has %d bytes, at least %d are needed", i+1, len(master), minKey)
		}
		key, err := hkdf.Key(sha256.New, master, nil, "plinth jobs: arguments", sha256.Size)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		s = append(s, gcm)
	}
	return s, nil
}

// sealer has a cipher for each master key.
type sealer []cipher.AEAD

// Seal implements [Sealer].
func (s sealer) Seal(place string, secret []byte) ([]byte, error) {
	return s[0].Seal(nil, nil, secret, []byte(place)), nil
}

// Open implements [Sealer].
func (s sealer) Open(place string, sealed []byte) (secret []byte, outdated bool, err error) {
	for i, gcm := range s {
		if secret, err := gcm.Open(nil, nil, sealed, []byte(place)); err == nil {
			return secret, i > 0, nil
		}
	}
	return nil, false, errors.New("jobs: the arguments are sealed with another key, or were changed")
}

// seal encrypts the arguments of a job, bound to its id.
func (js *Jobs) seal(id string, args []byte) (string, error) {
	sealed, err := js.config.Sealer.Seal("plinth_jobs "+id, args)
	return base64.StdEncoding.EncodeToString(sealed), err
}

func (js *Jobs) unseal(id, args string) (secret []byte, outdated bool, err error) {
	if js.config.Sealer == nil {
		return nil, false, errors.New("jobs: the arguments are sealed, and Config.Sealer is not set")
	}
	sealed, err := base64.StdEncoding.DecodeString(args)
	if err != nil {
		return nil, false, fmt.Errorf("jobs: sealed arguments: %w", err)
	}
	return js.config.Sealer.Open("plinth_jobs "+id, sealed)
}

// Reencrypt encrypts the arguments of jobs that may still run again, if [Config].Sealer would
// use another key by now, so that an old key can be removed. It returns their number. Arguments
// that no key opens stay as they are and are an error.
func (js *Jobs) Reencrypt(ctx context.Context) (n int, err error) {
	lost, last := 0, store.ID{}.String()
	for rows := make([][2]string, 1); len(rows) > 0; {
		rows = nil
		q := store.SQL{
			Text: "select id, args from plinth_jobs where sealed and state <> 'done' and id > $1 order by id limit 500",
			Args: []any{last}, Columns: []store.Kind{store.KindUUID, store.KindText},
		}
		err := q.Rows(ctx, js.db, func(v [][]byte) error {
			var row [2]string
			err := scan(v, &row[0], &row[1])
			rows = append(rows, row)
			return err
		})
		if err != nil {
			return n, err
		}
		for _, row := range rows {
			last = row[0]
			args, outdated, err := js.unseal(last, row[1])
			if err != nil {
				lost++
			}
			if !outdated {
				continue
			}
			again, err := js.seal(last, args)
			if err == nil {
				_, err = store.SQL{Text: "update plinth_jobs set args = $1 where id = $2 and args = $3", Args: []any{again, last, row[1]}, Writes: true}.Exec(ctx, js.db)
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
	if lost > 0 {
		err = fmt.Errorf("jobs: the arguments of %d jobs cannot be decrypted with any key of the Sealer", lost)
	}
	return n, err
}
