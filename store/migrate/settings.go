package migrate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// secrets are the settings generated for each database. The epoch distinguishes log
// positions of a restored database from those of its source. The key authenticates the
// cursors of lists.
var secrets = []string{"epoch", "cursor_key"}

// fillSettings makes the settings that are not there.
func (w work) fillSettings(ctx context.Context) error {
	have := 0
	err := w.QueryRowContext(ctx, `select count(*) from plinth_settings where name in ('epoch', 'cursor_key')`).Scan(&have)
	if err != nil {
		return fmt.Errorf("migrate: read settings: %w", err)
	}
	if have == len(secrets) {
		return nil
	}
	for _, name := range secrets {
		_, err := w.ExecContext(ctx, w.engine.bind(`insert into plinth_settings (name, value) values (?, ?) on conflict (name) do nothing`),
			name, newSecret())
		if err != nil {
			return fmt.Errorf("migrate: write settings: %w", err)
		}
	}
	return nil
}

// newSecret returns 32 random bytes in hexadecimal digits.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
