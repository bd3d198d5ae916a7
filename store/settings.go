package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// settingsKey keeps a secret of plinth_settings once it was read.
type settingsKey struct {
	value atomic.Pointer[[]byte]
}

// cursorSecret returns the key that authenticates cursors. It lives in the
// database, so that all instances accept each other's cursors.
func (db *DB) cursorSecret(ctx context.Context) ([]byte, error) {
	if v := db.secret.value.Load(); v != nil {
		return *v, nil
	}
	text, err := db.setting(ctx, "cursor_key")
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) < 32 {
		return nil, errors.New("store: setting cursor_key is no key of 32 bytes")
	}
	db.secret.value.Store(&key)
	return key, nil
}

// setting reads one of the library's own settings.
func (db *DB) setting(ctx context.Context, name string) (string, error) {
	c := session{db: db}.newCompiler(ctx, nil, access{})
	c.write("select value from plinth_settings where name = ")
	c.bind(KindText, name)
	var r driver.Result
	st := c.statement(&driver.Shape{Extra: []Kind{KindText}})
	if err := db.driver.Query(ctx, nil, st, &r); err != nil {
		return "", fmt.Errorf("store: read settings; are the migrations applied? %w", storeError(ctx, err))
	}
	if r.Rows == 0 {
		return "", fmt.Errorf("store: setting %s is missing; apply the migrations", name)
	}
	return strings.Trim(string(r.Extra), `[]"`), nil
}
