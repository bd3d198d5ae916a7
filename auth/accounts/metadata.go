package accounts

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
)

// maxMetadata is the size of each kind of metadata of a user, in bytes. Those that are
// not too long travel in access tokens, see maxTokenMetadata.
const maxMetadata = 8 << 10

// mergeMetadata sets the members of an object in the metadata of a user; null takes
// one away.
func (a *Accounts) mergeMetadata(ctx context.Context, tx *store.Tx, u *user, members strictjson.Value) (err error) {
	if u.UserMetadata, err = merged(u.UserMetadata, store.JSON(members.Raw())); err != nil {
		return err
	}
	_, err = store.For[user](tx).PatchWhere(ctx, store.Eq("id", u.ID), store.SetTo("user_metadata", u.UserMetadata))
	return err
}

// merged sets the members of one object in another; null takes one away.
func merged(doc, members store.JSON) (store.JSON, error) {
	if members == "" || members == "{}" {
		return doc, nil
	}
	var kept, set map[string]json.RawMessage
	if err := doc.Decode(&kept); err != nil {
		return "", err
	}
	if err := members.Decode(&set); err != nil {
		return "", err
	}
	if kept == nil {
		kept = make(map[string]json.RawMessage)
	}
	for name, raw := range set {
		if string(raw) == "null" {
			delete(kept, name)
		} else {
			kept[name] = raw
		}
	}
	out, err := store.JSONOf(kept)
	if err == nil && len(out) > maxMetadata {
		err = errMetadata
	}
	return out, err
}

// changes are the members that make one object the other when they are merged into it.
func changes(before, after store.JSON) (store.JSON, error) {
	set := asMap(after)
	for name, was := range asMap(before) {
		is, kept := set[name]
		switch {
		case !kept:
			set[name] = nil
		case reflect.DeepEqual(is, was):
			delete(set, name)
		}
	}
	return store.JSONOf(set)
}

var errMetadata = failf(problem.AuthValidation, "user_metadata and app_metadata must not be larger than %d bytes each", maxMetadata)
