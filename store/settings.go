package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store/driver"
)

// cursorKey returns the key that authenticates cursors. It lives in the
// database, so that all instances accept each other's cursors; once it was read
// it is kept. A transaction reads it by its own connection: there may be no other.
func (s session) cursorKey(ctx context.Context) (*cursorKey, error) {
	if k := s.db.cursors.Load(); k != nil {
		return k, nil
	}
	text, err := s.setting(ctx, "cursor_key")
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(text)
	if err != nil || len(secret) < 32 {
		return nil, errors.New("store: setting cursor_key is no key of 32 bytes")
	}
	key := newCursorKey(secret)
	s.db.cursors.Store(key)
	return key, nil
}

// setting reads one of the library's own settings.
func (s session) setting(ctx context.Context, name string) (string, error) {
	value, found, err := s.readSetting(ctx, name)
	if err == nil && !found {
		err = fmt.Errorf("store: setting %s is missing; apply the migrations", name)
	}
	return value, err
}

// Setting returns a value that belongs to the database, such as a key an
// application made for itself: the value kept under the name, or what create
// returns, which is kept from then on. All instances get the same value.
func (db *DB) Setting(ctx context.Context, name string, create func() (string, error)) (string, error) {
	s := db.session()
	value, found, err := s.readSetting(ctx, name)
	if err != nil || found {
		return value, err
	}
	if value, err = create(); err != nil {
		return "", err
	}
	c := s.newCompiler(ctx, nil, access{})
	c.write("insert into plinth_settings (name, value) values (")
	c.bind(KindText, name)
	c.write(", ")
	c.bind(KindText, value)
	c.write(") on conflict (name) do nothing")
	st := c.statement(nil)
	st.Write = true
	if _, err := s.exec(ctx, st); err != nil {
		return "", conflict(err)
	}
	return s.setting(ctx, name) // another instance may have been first
}

func (s session) readSetting(ctx context.Context, name string) (value string, found bool, err error) {
	c := s.newCompiler(ctx, nil, access{})
	c.write("select value from plinth_settings where name = ")
	c.bind(KindText, name)
	var r driver.Result
	st := c.statement(&driver.Shape{Extra: []Kind{KindText}})
	if err := s.db.driver.Query(ctx, s.conn(), st, &r); err != nil {
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
