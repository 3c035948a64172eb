//go:build unix

// Command plex-like is a program to test Breezeway beside: it binds the ports of
// Plex Media Server's DLNA server, 1900/UDP exclusively, and answers searches in the same
// way. It is no media server, and no part of Breezeway.
//
// Done: SSDP searches (UPnP Device Architecture 1.0, section 1.2) and the device
// description. Left out: NOTIFY, the services, and Plex's own discovery.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

const (
	dlnaPort = 32469
	mainPort = 32400
	uuid     = "uuid:706c6578-0000-4000-8000-000000001900"
	device   = "urn:schemas-upnp-org:device:MediaServer:1"
	server   = "UPnP/1.0 DLNADOC/1.50 Platinum/1.0.5.13"
)

var group = net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: 1900}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatalln("plex-like:", err)
	}
}

// run holds the ports until ctx ends.
func run(ctx context.Context) error {
	// Go sets no reuse flag here: nobody can share the port.
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: group.Port})
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() }) // wakes answerAll
	if err := join(conn); err != nil {
		return err
	}
	for _, port := range []int{dlnaPort, mainPort} {
		listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		defer func() { _ = listener.Close() }() // also ends Serve
		go func() { _ = http.Serve(listener, http.HandlerFunc(describe)) }()
	}
	log.Println("plex-like: 1900/UDP is held, by one socket that shares it with nobody")
	if err := answerAll(conn); ctx.Err() == nil {
		return err
	}
	return nil
}

// join has the searches of every interface with IPv4 arrive.
func join(conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		prefix, ok := addr.(*net.IPNet)
		if !ok || prefix.IP.To4() == nil {
			continue
		}
		membership := syscall.IPMreq{Multiaddr: [4]byte(group.IP.To4()), Interface: [4]byte(prefix.IP.To4())}
		controlErr := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptIPMreq(int(fd), syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, &membership)
		})
		// Two addresses of one interface: the second finds the group joined.
		if err := errors.Join(controlErr, err); err != nil && !errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("join %v at %v: %w", group.IP, prefix.IP, err)
		}
	}
	return nil
}

// answerAll answers searches until conn is closed.
func answerAll(conn *net.UDPConn) error {
	datagram := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFromUDP(datagram)
		if err != nil {
			return err
		}
		if answer := answerTo(datagram[:n], addressFor(from)); answer != nil {
			_, _ = conn.WriteToUDP(answer, from) // a lost answer is searched again
		}
	}
}

// addressFor is the address of ours that peer can reach.
func addressFor(peer *net.UDPAddr) string {
	conn, err := net.DialUDP("udp4", nil, peer) // sends nothing
	if err != nil {
		return "127.0.0.1"
	}
	defer func() { _ = conn.Close() }() // nothing was written
	return conn.LocalAddr().(*net.UDPAddr).IP.String()
}

// answerTo gives the answer to a search for what we are, else nil.
func answerTo(datagram []byte, address string) []byte {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(datagram)))
	if err != nil || request.Method != "M-SEARCH" {
		return nil
	}
	target := request.Header.Get("St")
	if target == "ssdp:all" {
		target = device
	}
	if !slices.Contains([]string{device, "upnp:rootdevice", uuid}, target) {
		return nil
	}
	usn := uuid
	if target != uuid {
		usn += "::" + target
	}
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n"+
		"LOCATION: http://%s:%d/DeviceDescription.xml\r\nSERVER: %s\r\nST: %s\r\nUSN: %s\r\n\r\n",
		address, dlnaPort, server, target, usn)
}

// describe answers every request with the device description.
func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Server", server)
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>`+device+`</deviceType><friendlyName>Plex-like neighbour</friendlyName>
<manufacturer>Breezeway's demo</manufacturer><modelName>plex-like</modelName><UDN>`+uuid+`</UDN></device></root>
`) // the client has left
}
