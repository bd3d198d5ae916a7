package data

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// KeysOf selects the API keys of a user, or with nil of the application.
func KeysOf(owner *store.ID) store.Cond {
	if owner == nil {
		return apiKeyUserID.Null()
	}
	return apiKeyUserID.Eq(owner)
}

// OpenKey selects an API key that has not ended.
func OpenKey(id store.ID) store.Cond { return store.And(apiKeyID.Eq(id), apiKeyEndedAt.Null()) }

// validKeys selects the API keys of a user, or with nil of the application, that are valid.
func validKeys(owner *store.ID, now time.Time) store.Cond {
	return store.And(KeysOf(owner), apiKeyEndedAt.Null(), store.Or(apiKeyExpiresAt.Null(), apiKeyExpiresAt.Gt(&now)))
}

// CountKeys counts the valid API keys of an owner.
func CountKeys(ctx context.Context, s store.Session, owner *store.ID, now time.Time) (int64, error) {
	return store.For[APIKey](s).Count(ctx, validKeys(owner, now))
}

// ListKeys reads the valid API keys of an owner, the newest first.
func ListKeys(ctx context.Context, s store.Session, owner *store.ID, now time.Time) ([]*APIKey, error) {
	return store.For[APIKey](s).List(ctx, store.Query{Where: validKeys(owner, now), Order: []store.Order{apiKeyCreatedAt.Desc(), apiKeyID.Desc()}})
}

// OpenKeys reads the API keys that a condition selects and that have not ended.
func OpenKeys(ctx context.Context, s store.Session, which store.Cond) ([]*APIKey, error) {
	return store.For[APIKey](s).List(ctx, store.Query{Where: store.And(which, apiKeyEndedAt.Null())})
}

// KeyByHash finds the API key with a hash that has not ended.
func KeyByHash(ctx context.Context, s store.Session, hash []byte) (*APIKey, error) {
	return store.For[APIKey](s).First(ctx, store.Query{Where: store.And(apiKeyHash.Eq(hash), apiKeyEndedAt.Null())})
}

// EndKey ends an API key, and reports whether it was open.
func EndKey(ctx context.Context, tx *store.Tx, id store.ID, why string, now time.Time) (bool, error) {
	n, err := store.For[APIKey](tx).PatchWhere(ctx, OpenKey(id), apiKeyEndedAt.To(&now), apiKeyEndedBy.To(&why))
	return n > 0, err
}

// UseKey records the use of an API key, unless one since a time is recorded.
func UseKey(ctx context.Context, s store.Session, id store.ID, since, now time.Time) error {
	older := store.Or(apiKeyLastUsedAt.Null(), apiKeyLastUsedAt.Lte(&since))
	_, err := store.For[APIKey](s).PatchWhere(ctx, store.And(apiKeyID.Eq(id), older), apiKeyLastUsedAt.To(&now))
	return err
}

// DropOldKeys deletes the API keys of an owner that ended before a time.
func DropOldKeys(ctx context.Context, tx *store.Tx, owner *store.ID, before time.Time) error {
	return remove[APIKey](ctx, tx, store.And(KeysOf(owner), store.Or(apiKeyEndedAt.Lt(&before), apiKeyExpiresAt.Lt(&before))))
}
