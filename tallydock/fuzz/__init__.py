"""The whole house from one seed: a site, a broker and central, in one thread and in virtual time.

Real are: the store on its SQLite file, the loop with its queue, the pictures of the stations, the
scanners' framer, the pump, the inbox, central's store and projections. Simulated are: people,
scanners' bytes, the broker, the clocks, the disks' moods and the moments of death.

    world       one seed from its first scan to its calm end
    site        a site's process and its disk            central   central's process and its disk
    broker      what lies between them                   faults    what goes wrong, and how often
    packers     who scans what next                      scanners  how a scan becomes an input
    office      orders, holds, imports, central's staff  desk      requests with keys, and repeats
    watch       after each step: chain, fold, rows       books     an independent count of the goods
    far_watch   the same of central                      promises  what outsiders were told
    again       the same inputs once more, without faults
    run         seeds, and the report about one that failed

``tallydock simulate fuzz --seed K`` repeats a seed exactly.
"""
