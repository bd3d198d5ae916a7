package main

import (
	"context"
	"fmt"
)

// batchSize is the number of rows in one request, the most the server takes.
const batchSize = 1000

// load sends the rows of all steps in order. On an error everything before the
// failed batch is stored, and loading again writes it once more.
func load(ctx context.Context, c *client, steps []step, p *progress) error {
	total := map[string]int{}
	for _, s := range steps {
		total[s.table] += len(s.rows)
	}
	done := map[string]int{}
	for _, s := range steps {
		for start := 0; start < len(s.rows); start += batchSize {
			batch := s.rows[start:min(start+batchSize, len(s.rows))]
			p.show(s.table, done[s.table], total[s.table])
			if err := c.upsert(ctx, s.table, s.key, batch); err != nil {
				p.interrupt()
				return fmt.Errorf("atlas: %d of %d rows of %s are stored, then: %w\nload again to go on",
					done[s.table], total[s.table], s.table, err)
			}
			done[s.table] += len(batch)
		}
		p.show(s.table, done[s.table], total[s.table])
	}
	return nil
}
