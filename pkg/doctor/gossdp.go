package doctor

import (
	"context"
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	gossdp "github.com/koron/go-ssdp"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// A scanAnswer is one answer to go-ssdp's search.
type scanAnswer struct {
	target   string // ST: the type of device or service
	server   string
	location string
}

const (
	scanSeconds    = 3   // MX and the wait
	maxScanAnswers = 512 // datagrams; a flood is not read any further
)

// scanMu guards the package variables of go-ssdp.
var scanMu sync.Mutex

// scanOnce searches for all UPnP devices with go-ssdp, on the interfaces given. It
// returns early when ctx ends; go-ssdp cannot be stopped, so its search continues
// until scanSeconds are over, and one more because of the brake.
func scanOnce(ctx context.Context, list []netif.Interface) ([]scanAnswer, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	doneC := make(chan struct{})
	var found []scanAnswer
	var fault error
	go func() {
		defer close(doneC)
		found, fault = scanWithGoSSDP(list)
	}()
	select {
	case <-doneC:
		return found, fault
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func scanWithGoSSDP(list []netif.Interface) ([]scanAnswer, error) {
	scanMu.Lock()
	defer scanMu.Unlock()
	gossdp.Interfaces = nil
	for _, i := range list {
		on, err := net.InterfaceByIndex(i.Index)
		if err != nil {
			return nil, fmt.Errorf("doctor: interface %s: %w", i.Name, err)
		}
		gossdp.Interfaces = append(gossdp.Interfaces, *on)
	}
	end := time.Now().Add((scanSeconds + 1) * time.Second) // after go-ssdp's own
	gossdp.Logger = log.New(&brake{left: maxScanAnswers, until: end}, "", 0)
	defer func() { gossdp.Interfaces, gossdp.Logger = nil, nil }()
	services, err := gossdp.Search(gossdp.All, scanSeconds, "", gossdp.TTL(2))
	if err != nil {
		return nil, fmt.Errorf("doctor: go-ssdp: %w", err)
	}
	answers := make([]scanAnswer, 0, len(services))
	for _, s := range services {
		answers = append(answers, scanAnswer{s.Type, s.Server, s.Location})
	}
	return answers, nil
}

// A brake is a log writer that limits how many answers go-ssdp reads. go-ssdp keeps
// all datagrams without a limit, but logs each of them from the goroutine that reads:
// a writer that blocks until the end of the search stops the reading.
type brake struct {
	left  int // lines that may still be written at once
	until time.Time
}

func (b *brake) Write(line []byte) (int, error) {
	if b.left--; b.left < 0 {
		time.Sleep(time.Until(b.until))
	}
	return len(line), nil
}
