"""The Application Identifiers that are known, one a row; every other AI is refused.

Columns, separated by two blanks or more (``-``: nothing):
    AI        one AI or a range
    value     components joined by ``+``: ``N`` digits, ``X`` character set 82, ``Y`` set 39;
              then the length, ``..`` before a maximum (minimum 1); in brackets: may be left out,
              and nothing but such may follow. After a colon the names of the checks of that
              component (``edge.codes.ai_table.CHECKS``)
    with      AIs of which one must stand beside it; ``+``: all of these together
    without   AIs that must not stand beside it; ``n`` stands for any digit
    fact      what the value says beyond its text: ``date``, ``count`` or ``decimal`` (the last
              digit of the AI tells the decimals), perhaps with a unit

Facts after GS1 General Specifications section 3 and the GS1 Barcode Syntax Dictionary (GS1
AISBL, Apache-2.0). Not here yet: whatever needs a list of countries, currencies, packages or
media, an address, a time of day, a check pair or a piece of a total.
"""

from __future__ import annotations

ROWS = """
00         N18:mod10          -                             -                         -
01         N14:mod10          -                             255,37                    -
02         N14:mod10          37                            01,03                     -
03         N14:mod10          -                             01,02,37,235              -
10         X..20              01,02,03,8006,8026            -                         -
11         N6:date            01,02,03,8006,8026            -                         date
12         N6:date            8020                          -                         date
13         N6:date            01,02,03,8006,8026            -                         date
15         N6:date            01,02,03,8006,8026            -                         date
16         N6:date            01,02,03,8006,8026            -                         date
17         N6:date            01,02,03,255,8006,8026        -                         date
20         N2                 01,02,03,8006,8026            -                         -
21         X..20              01,03,8006                    235                       -
22         X..20              01                            -                         -
235        X..28              01                            -                         -
240        X..30              01,02,03,8006,8026            -                         -
241        X..30              01,02,03,8006,8026            -                         -
242        N..6               01,02,8006,8026               -                         -
243        X..20              01,03                         -                         -
250        X..30              01+21,03+21,8006+21           -                         -
251        X..30              01,03,8006                    -                         -
253        N13:mod10+[X..17]  -                             -                         -
254        X..20              414                           -                         -
255        N13:mod10+[N..12]  -                             01,02,415,8006,8020,8026  -
30         N..8               01,02                         -                         count
3100-3105  N6                 01,02                         310n                      decimal kg
3110-3115  N6                 01,02                         311n                      decimal m
3120-3125  N6                 01,02                         312n                      decimal m
3130-3135  N6                 01,02                         313n                      decimal m
3140-3145  N6                 01,02                         314n                      decimal m2
3150-3155  N6                 01,02                         315n                      decimal l
3160-3165  N6                 01,02                         316n                      decimal m3
3200-3205  N6                 01,02                         320n                      decimal lb
3210-3215  N6                 01,02                         321n                      decimal
3220-3225  N6                 01,02                         322n                      decimal
3230-3235  N6                 01,02                         323n                      decimal
3240-3245  N6                 01,02                         324n                      decimal
3250-3255  N6                 01,02                         325n                      decimal
3260-3265  N6                 01,02                         326n                      decimal
3270-3275  N6                 01,02                         327n                      decimal
3280-3285  N6                 01,02                         328n                      decimal
3290-3295  N6                 01,02                         329n                      decimal
3300-3305  N6                 00,01                         330n                      decimal kg
3310-3315  N6                 00,01                         331n                      decimal m
3320-3325  N6                 00,01                         332n                      decimal m
3330-3335  N6                 00,01                         333n                      decimal m
3340-3345  N6                 00,01                         334n                      decimal m2
3350-3355  N6                 00,01                         335n                      decimal l
3360-3365  N6                 00,01                         336n                      decimal m3
3370-3375  N6                 01                            337n                      decimal kg/m2
3400-3405  N6                 00,01                         340n                      decimal lb
3410-3415  N6                 00,01                         341n                      decimal
3420-3425  N6                 00,01                         342n                      decimal
3430-3435  N6                 00,01                         343n                      decimal
3440-3445  N6                 00,01                         344n                      decimal
3450-3455  N6                 00,01                         345n                      decimal
3460-3465  N6                 00,01                         346n                      decimal
3470-3475  N6                 00,01                         347n                      decimal
3480-3485  N6                 00,01                         348n                      decimal
3490-3495  N6                 00,01                         349n                      decimal
3500-3505  N6                 01,02                         350n                      decimal
3510-3515  N6                 01,02                         351n                      decimal
3520-3525  N6                 01,02                         352n                      decimal
3530-3535  N6                 00,01                         353n                      decimal
3540-3545  N6                 00,01                         354n                      decimal
3550-3555  N6                 00,01                         355n                      decimal
3560-3565  N6                 01,02                         356n                      decimal tr oz
3570-3575  N6                 01,02                         357n                      decimal fl oz
3600-3605  N6                 01,02                         360n                      decimal
3610-3615  N6                 01,02                         361n                      decimal
3620-3625  N6                 00,01                         362n                      decimal
3630-3635  N6                 00,01                         363n                      decimal
3640-3645  N6                 01,02                         364n                      decimal
3650-3655  N6                 01,02                         365n                      decimal
3660-3665  N6                 01,02                         366n                      decimal
3670-3675  N6                 00,01                         367n                      decimal
3680-3685  N6                 00,01                         368n                      decimal
3690-3695  N6                 00,01                         369n                      decimal
37         N..8               00+02,00+8026                 -                         count
3900-3909  N..15              255,8020                      390n,391n,394n,8111       decimal
3920-3929  N..15              01+30,01+31nn,01+32nn,01+35nn,01+36nn  392n,393n        decimal
3940-3943  N4                 255                           394n,8111                 decimal
3950-3955  N6                 30,31nn,32nn,35nn,36nn        392n,393n,395n,8005       -
400        X..30              -                             -                         -
401        X..30:prefix       -                             -                         -
402        N17:mod10          -                             -                         -
403        X..30              00                            -                         -
410-413    N13:mod10          -                             -                         -
414        N13:mod10          -                             -                         -
415        N13:mod10          8020                          -                         -
416        N13:mod10          -                             -                         -
417        N13:mod10          -                             -                         -
420        X..20              -                             421                       -
710-717    X..20              01                            -                         -
7001       N13                01,02,8006,8026               -                         -
7002       X..30              01,02                         -                         -
7004       N..4               01+10,03+10                   -                         -
7005       X..12              01,02                         -                         -
7008       X..3               01,02                         -                         -
7009       X..10              01,02                         -                         -
7010       X..2               01,02,03                      -                         -
7020       X..20              01+416,03+416,8006+416        -                         -
7021       X..20              01,03,8006                    -                         -
7022       X..20              01+7021,03+7021,8006+7021     -                         -
7023       X..30:prefix       -                             -                         -
7230-7239  X2+X..28           01,8004                       -                         -
7240       X..20              01,8006                       03                        -
7242       X..25              8017,8018                     -                         -
8002       X..20              -                             -                         -
8004       X..30:prefix       -                             -                         -
8005       N6                 01,02                         -                         -
8009       X..50              00,01,03                      -                         -
8010       Y..30:prefix       -                             -                         -
8012       X..20              01,03,8006                    -                         -
8017       N18:mod10          -                             8018                      -
8018       N18:mod10          -                             8017                      -
8019       N..10              8017,8018                     -                         -
8020       X..25              415                           -                         -
8040       N15                01+21                         -                         -
8041       N15                01+21+8040                    -                         -
8042       N32                01+21+8040                    -                         -
8043       N18+[N..2]         01+21+8040                    -                         -
8111       N4                 255                           -                         -
8200       X..70              01                            -                         -
90         X..30              -                             -                         -
91-99      X..90              -                             -                         -
"""
