package doctor

import (
	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
)

// hostSockets are the sockets of all programs on this host at the time of the exam.
type hostSockets struct {
	table *sockets.Table // never nil
	fault error          // why it is empty
	isOwn func(sockets.Holder) bool
}

func readHostSockets(read func() (*sockets.Table, error), isOwn func(sockets.Holder) bool) *hostSockets {
	h := &hostSockets{isOwn: isOwn}
	h.table, h.fault = read()
	if h.fault != nil {
		h.table = sockets.NewTable()
	}
	return h
}

// others are the holders that are not Breezeway itself.
func (h *hostSockets) others(holders []sockets.Holder) []sockets.Holder {
	var others []sockets.Holder
	for _, holder := range holders {
		if !h.isOwn(holder) {
			others = append(others, holder)
		}
	}
	return others
}

// listens reports whether a program on this host listens on a TCP port.
func (h *hostSockets) listens(port uint16) bool {
	return len(h.table.On(sockets.TCP, port)) > 0
}
