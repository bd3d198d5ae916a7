package bench_test

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// estimate is a median with the bounds between which it lies with 95 %
// confidence.
type estimate struct {
	median, low, high float64
}

// resamples is the number of samples the bootstrap draws.
const resamples = 4000

// bootstrap estimates the median of what values are a sample of, by drawing
// samples of the same size from them. The same values give the same estimate.
func bootstrap(values []float64) estimate {
	random := rand.New(rand.NewPCG(1, 2))
	medians := make([]float64, resamples)
	drawn := make([]float64, len(values))
	for i := range medians {
		for j := range drawn {
			drawn[j] = values[random.IntN(len(values))]
		}
		medians[i] = median(drawn)
	}
	slices.Sort(medians)
	return estimate{median(values), medians[resamples*25/1000], medians[resamples*975/1000-1]}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func TestMedian(t *testing.T) {
	t.Parallel()
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("of three: %v", got)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("of four: %v", got)
	}
}

// TestBootstrap draws samples of a known median and counts how often the
// interval holds it.
func TestBootstrap(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	const experiments = 100
	held := 0
	for range experiments {
		values := make([]float64, 15)
		for i := range values {
			values[i] = 1 + random.NormFloat64()/10
		}
		if e := bootstrap(values); e.low <= 1 && 1 <= e.high {
			held++
		}
	}
	if share := float64(held) / experiments; share < 0.88 || share > 0.995 {
		t.Errorf("the interval holds the median in %.2f of the experiments, want about 0.95", share)
	}
}
