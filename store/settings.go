package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
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
	value, found, err := db.readSetting(ctx, name)
	if err == nil && !found {
		err = fmt.Errorf("store: setting %s is missing; apply the migrations", name)
	}
	return value, err
}

// Setting returns a value that belongs to the database, such as a key an
// application made for itself: the value kept under the name, or what create
// returns, which is kept from then on. All instances get the same value.
func (db *DB) Setting(ctx context.Context, name string, create func() (string, error)) (string, error) {
	value, found, err := db.readSetting(ctx, name)
	if err != nil || found {
		return value, err
	}
	if value, err = create(); err != nil {
		return "", err
	}
	c := session{db: db}.newCompiler(ctx, nil, access{})
	c.write("insert into plinth_settings (name, value) values (")
	c.bind(KindText, name)
	c.write(", ")
	c.bind(KindText, value)
	c.write(") on conflict (name) do nothing")
	st := c.statement(nil)
	st.Write = true
	if _, err := (session{db: db}).exec(ctx, st); err != nil {
		return "", conflict(err)
	}
	return db.setting(ctx, name) // another instance may have been first
}

func (db *DB) readSetting(ctx context.Context, name string) (value string, found bool, err error) {
	c := session{db: db}.newCompiler(ctx, nil, access{})
	c.write("select value from plinth_settings where name = ")
	c.bind(KindText, name)
	var r driver.Result
	st := c.statement(&driver.Shape{Extra: []Kind{KindText}})
	if err := db.driver.Query(ctx, nil, st, &r); err != nil {
		return "", false, fmt.Errorf("store: read settings; are the migrations applied? %w", storeError(ctx, err))
	}
	if r.Rows == 0 {
		return "", false, nil
	}
	doc, err := strictjson.Parse(r.Extra, strictjson.Limits{})
	if err != nil {
		return "", false, fmt.Errorf("store: setting %s: %w", name, err)
	}
	for _, v := range doc.Elements() {
		value, _ = v.Text()
	}
	return value, true, nil
}
