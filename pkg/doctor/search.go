package doctor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/dlna/ssdp"
)

// searchWait is long enough for the first three rounds of our searcher.
const searchWait = 8 * time.Second

// Search returns a function for Options.Renderers that searches the network, for a
// process that has not found the speakers yet. OnAnswer of o is not used.
func Search(o ssdp.Options) func(context.Context) ([]Renderer, error) {
	return searchFor(o, searchWait)
}

func searchFor(o ssdp.Options, wait time.Duration) func(context.Context) ([]Renderer, error) {
	return func(ctx context.Context) ([]Renderer, error) {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		var found []Renderer
		o.OnAnswer = func(a ssdp.Answer) {
			r := Renderer{Location: a.Location, Addr: a.From.Addr()}
			if !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
		if err := ssdp.New(o).Run(ctx); err != nil {
			return nil, fmt.Errorf("doctor: search: %w", err)
		}
		slices.SortFunc(found, func(a, b Renderer) int { return a.Addr.Compare(b.Addr) })
		return found, nil
	}
}
