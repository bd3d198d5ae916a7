package data

import (
	"context"

	"github.com/seed-7694ebf6/plinth/store"
)

// RotateBatch is how many secrets are read at a time when they are encrypted again.
const RotateBatch = 500

// Place is where the private key of a signing key is sealed.
func (k *SigningKey) Place() string { return "auth_signing_keys " + k.KeyID }

// ReencryptKeys encrypts the signing keys again. again returns nil for a secret that can stay. n
// is how many were changed, and lost how many again could not read.
func ReencryptKeys(ctx context.Context, db *store.DB, again func(place string, sealed []byte) ([]byte, error)) (n, lost int, err error) {
	return reencrypt(ctx, db, store.True(), signingKeyGeneration, signingKeySealed, again,
		func(k *SigningKey) (int64, string, []byte) { return k.Generation, k.Place(), k.Sealed })
}

// ReencryptApps encrypts the secrets of authenticator apps again, as ReencryptKeys does.
func ReencryptApps(ctx context.Context, db *store.DB, again func(place string, sealed []byte) ([]byte, error)) (n, lost int, err error) {
	return reencrypt(ctx, db, factorType.Eq(FactorTOTP), factorID, factorSealed, again,
		func(f *Factor) (store.ID, string, []byte) { return f.ID, f.Place(), f.Sealed })
}

// reencrypt encrypts the secrets of a table again. The sealed value of a row never changes, so
// concurrent runs do no harm.
func reencrypt[T, K any](
	ctx context.Context, db *store.DB, which store.Cond, key store.NumberCol[T, K], secret store.Col[T, []byte],
	again func(place string, sealed []byte) ([]byte, error), look func(*T) (id K, place string, sealed []byte),
) (n, lost int, err error) {
	rows := store.For[T](db)
	query := store.Query{Where: which, Order: []store.Order{key.Asc()}, Limit: store.Limit(RotateBatch)}
	for {
		batch, err := rows.List(ctx, query)
		if err != nil {
			return n, lost, err
		}
		for _, row := range batch {
			id, place, sealed := look(row)
			fresh, err := again(place, sealed)
			switch {
			case err != nil:
				lost++
			case fresh != nil:
				if _, err := rows.PatchWhere(ctx, key.Eq(id), secret.To(fresh)); err != nil {
					return n, lost, err
				}
				n++
			}
		}
		if len(batch) < RotateBatch {
			return n, lost, nil
		}
		last, _, _ := look(batch[len(batch)-1])
		query.Where = store.And(which, key.Gt(last))
	}
}
