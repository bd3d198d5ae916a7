package realtime

import (
	"context"
	"time"
)

// SetAskEvery sets how often the rules of an open channel are asked again.
func (h *Hub) SetAskEvery(d time.Duration) { h.askEvery = d }

// SweepBroadcasts deletes stored broadcasts.
func (h *Hub) SweepBroadcasts(ctx context.Context) { h.bus.sweep(ctx) }
