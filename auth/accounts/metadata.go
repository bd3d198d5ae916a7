package accounts

import (
	"context"
	"encoding/json"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// maxMetadata is the size of what a user may keep in their metadata, in bytes. Access
// tokens carry it, and servers read no headers without bound.
const maxMetadata = 8 << 10

// mergeMetadata sets the members of an object in the metadata of a user; null takes
// one away.
func (a *Accounts) mergeMetadata(ctx context.Context, tx *store.Tx, u *user, members strictjson.Value) error {
	kept := map[string]json.RawMessage{}
	if err := u.UserMetadata.Decode(&kept); err != nil {
		return err
	}
	for name, v := range members.Members() {
		if v.Kind() == strictjson.Null {
			delete(kept, string(name))
			continue
		}
		kept[string(name)] = v.Raw()
	}
	doc, err := store.JSONOf(kept)
	if err != nil {
		return err
	}
	if len(doc) > maxMetadata {
		return errMetadata
	}
	u.UserMetadata = doc
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("user_metadata", doc))
	return err
}

var errMetadata = failf(problem.AuthValidation, "user_metadata must not be larger than %d bytes", maxMetadata)
