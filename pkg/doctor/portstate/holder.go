package portstate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/doctor/sockets"
	"github.com/breezeway-audio/breezeway/pkg/ports"
)

const (
	// maxNames bounds the programs and ports in one line; the doctor lists more.
	maxNames = 3
	// unseenHolder is printed for a holder that this process cannot see: one in
	// another network namespace, or of another user.
	unseenHolder = "a program that is not visible from here"
)

// SocketProtocol is the protocol in the terms of package sockets.
func SocketProtocol(p ports.Protocol) sockets.Protocol {
	if p == ports.TCP {
		return sockets.TCP
	}
	return sockets.UDP
}

// Holder names the other programs that hold a port now.
func Holder(p ports.Protocol, port uint16) string {
	table, err := sockets.Read()
	if err != nil {
		return unseenHolder
	}
	_, others := splitOurs(table.On(SocketProtocol(p), port))
	if len(others) == 0 {
		return unseenHolder
	}
	return names(others)
}

// splitOurs separates the sockets of this program from those of others.
func splitOurs(holders []sockets.Holder) (ours, others []sockets.Holder) {
	for _, h := range holders {
		if h.Ours() {
			ours = append(ours, h)
		} else {
			others = append(others, h)
		}
	}
	return ours, others
}

// names lists holders, each once, the first maxNames of them.
func names(holders []sockets.Holder) string {
	var list []string
	for _, h := range holders {
		if name := h.String(); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	text := strings.Join(list[:min(len(list), maxNames)], ", ")
	if more := len(list) - maxNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// distinctPorts are the ports of holders in ascending order, each once.
func distinctPorts(holders []sockets.Holder) []uint16 {
	var list []uint16
	for _, h := range holders {
		list = append(list, h.Local.Port())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// portList is "7720, 7721", or the number of ports if there are many.
func portList(list []uint16) string {
	if len(list) > maxNames {
		return fmt.Sprintf("%d ports from %d to %d", len(list), list[0], list[len(list)-1])
	}
	var texts []string
	for _, port := range list {
		texts = append(texts, fmt.Sprint(port))
	}
	return strings.Join(texts, ", ")
}
