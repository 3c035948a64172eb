package ssdp

import (
	"fmt"
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

func TestNext(t *testing.T) {
	type pair struct {
		mode settings.SSDPListen
		rung Rung
		e    event
	}
	type outcome struct {
		rung Rung
		do   []action
	}
	// All others change nothing.
	moves := map[pair]outcome{
		{settings.SSDPListenAuto, RungOff, eventRetry}:        {RungOff, []action{actionOpenGroup}},
		{settings.SSDPListenAuto, RungOff, eventGroupOpen}:    {RungGroup, []action{actionAdopt}},
		{settings.SSDPListenAuto, RungOff, eventGroupRefused}: {RungOff, []action{actionOpenRaw}},
		{settings.SSDPListenAuto, RungOff, eventRawOpen}:      {RungRaw, []action{actionAdopt}},
		{settings.SSDPListenAuto, RungRaw, eventRetry}:        {RungRaw, []action{actionJoin, actionOpenGroup}},
		{settings.SSDPListenAuto, RungRaw, eventGroupOpen}:    {RungGroup, []action{actionAdopt}},
		{settings.SSDPListenAuto, RungRaw, eventLost}:         {RungOff, []action{actionClose}},
		{settings.SSDPListenAuto, RungGroup, eventRetry}:      {RungGroup, []action{actionJoin}},
		{settings.SSDPListenAuto, RungGroup, eventLost}:       {RungOff, []action{actionClose}},
		{settings.SSDPListenRaw, RungOff, eventRetry}:         {RungOff, []action{actionOpenRaw}},
		{settings.SSDPListenRaw, RungOff, eventRawOpen}:       {RungRaw, []action{actionAdopt}},
		{settings.SSDPListenRaw, RungRaw, eventRetry}:         {RungRaw, []action{actionJoin}},
		{settings.SSDPListenRaw, RungRaw, eventLost}:          {RungOff, []action{actionClose}},
		// These do not come about, but a socket is never left without a rung.
		{settings.SSDPListenRaw, RungGroup, eventRetry}: {RungGroup, []action{actionJoin}},
		{settings.SSDPListenRaw, RungGroup, eventLost}:  {RungOff, []action{actionClose}},
		{settings.SSDPListenOff, RungGroup, eventRetry}: {RungGroup, []action{actionJoin}},
		{settings.SSDPListenOff, RungGroup, eventLost}:  {RungOff, []action{actionClose}},
		{settings.SSDPListenOff, RungRaw, eventRetry}:   {RungRaw, []action{actionJoin}},
		{settings.SSDPListenOff, RungRaw, eventLost}:    {RungOff, []action{actionClose}},
	}
	for _, mode := range []settings.SSDPListen{settings.SSDPListenOff, settings.SSDPListenAuto, settings.SSDPListenRaw} {
		for _, rung := range []Rung{RungOff, RungGroup, RungRaw} {
			for e := eventNone; e <= eventLost; e++ {
				t.Run(fmt.Sprintf("%v, %v, %v", mode, rung, e), func(t *testing.T) {
					want, ok := moves[pair{mode, rung, e}]
					if !ok {
						want.rung = rung
					}
					gotRung, gotDo := next(mode, rung, e)
					if want.rung != gotRung || !slices.Equal(want.do, gotDo) {
						t.Errorf("want %v %v, got %v %v", want.rung, want.do, gotRung, gotDo)
					}
				})
			}
		}
	}
}
