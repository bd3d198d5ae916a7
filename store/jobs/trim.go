package jobs

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// How long finished jobs are kept.
const (
	keepDone = 24 * time.Hour
	keepDead = 14 * 24 * time.Hour
)

// trim removes finished jobs, a thousand with each statement.
func (js *Jobs) trim(ctx context.Context) error {
	text := js.sql.text("delete from plinth_jobs where id in (select id from plinth_jobs where state = $1" +
		" and finished_at is not null and finished_at < {after $2} order by finished_at limit 1000 {skip locked})")
	for state, keep := range map[string]time.Duration{"done": keepDone, "dead": keepDead} {
		for {
			n, err := store.SQL{Text: text, Args: []any{state, -keep.Microseconds()}, Writes: true}.Exec(ctx, js.db)
			if err != nil {
				return err
			}
			if n < 1000 {
				break
			}
		}
	}
	return nil
}
