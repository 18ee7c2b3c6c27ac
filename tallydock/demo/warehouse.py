"""The demo's warehouse: invented goods, customers and orders, the same from the same seed.

GTINs lie under GS1's prefix for examples (952); names and numbers of people are fictional.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from edge.codes.check_digits import mod10
from edge.ids import Chance, seeded

COMPANY_PREFIX = "9521234"

# zh, en, unit zh, unit en, tracking, price in fen
_GOODS = """
不锈钢保温杯 500 ml 深空灰|Steel flask 500 ml, graphite|只|pc|none|8900
不锈钢保温杯 500 ml 象牙白|Steel flask 500 ml, ivory|只|pc|none|8900
方格笔记本 A5 120 页|Grid notebook A5, 120 pages|本|pc|none|1800
横线笔记本 A5 120 页|Lined notebook A5, 120 pages|本|pc|none|1800
空白笔记本 A4 80 页|Blank notebook A4, 80 pages|本|pc|none|2400
医用外科口罩 50 只装|Surgical masks, box of 50|盒|box|expiry|2990
创可贴 100 片装|Plasters, box of 100|盒|box|expiry|1590
碘伏棉签 50 支装|Iodine swabs, pack of 50|包|pack|expiry|1250
USB-C 数据线 1 m 白|USB-C cable 1 m, white|根|pc|none|2900
USB-C 数据线 2 m 黑|USB-C cable 2 m, black|根|pc|none|3900
65 W 充电器|Charger 65 W|个|pc|serial|12900
移动电源 10000 mAh|Power bank 10000 mAh|个|pc|serial|15900
无线鼠标 静音|Wireless mouse, silent|只|pc|none|6900
机械键盘 87 键|Mechanical keyboard, 87 keys|把|pc|serial|32900
27 寸显示器支架|Monitor arm, 27 inch|个|pc|none|19900
台灯 可调色温|Desk lamp, adjustable white|盏|pc|none|14900
中性笔 0.5 mm 黑 12 支|Gel pens 0.5 mm, black, 12|盒|box|none|2200
荧光笔 6 色|Highlighters, 6 colours|套|set|none|1900
订书机 24/6|Stapler 24/6|个|pc|none|1650
订书钉 24/6 1000 枚|Staples 24/6, 1000|盒|box|none|450
文件夹 A4 双夹|Clip folder A4|个|pc|none|780
档案盒 A4 75 mm|File box A4, 75 mm|个|pc|none|1280
便利贴 76 mm 12 本|Sticky notes 76 mm, 12|包|pack|none|1990
白板笔 4 色|Board markers, 4 colours|套|set|none|1490
龙井绿茶 100 g|Longjing green tea 100 g|罐|tin|lot|9800
茉莉花茶 150 g|Jasmine tea 150 g|罐|tin|lot|6800
普洱茶饼 357 g|Pu'er tea cake 357 g|饼|cake|lot|16800
挂耳咖啡 10 包|Drip coffee, 10 bags|盒|box|expiry|4900
燕麦饼干 300 g|Oat biscuits 300 g|袋|bag|expiry|2290
混合坚果 500 g|Mixed nuts 500 g|罐|tin|expiry|7900
蜂蜜 500 g|Honey 500 g|瓶|jar|lot|5600
黑巧克力 72% 100 g|Dark chocolate 72 %, 100 g|块|bar|expiry|3200
洗手液 500 ml|Hand soap 500 ml|瓶|bottle|none|1890
洗衣液 2 L|Laundry liquid 2 L|瓶|bottle|none|3990
抽纸 3 层 10 包|Tissues 3-ply, 10 packs|提|pack|none|2690
垃圾袋 45 L 100 只|Bin bags 45 L, 100|卷|roll|none|1990
棉质毛巾 70 cm|Cotton towel 70 cm|条|pc|none|2990
雨伞 折叠|Folding umbrella|把|pc|none|5900
帆布袋 米色|Canvas bag, natural|个|pc|none|3900
玻璃饭盒 800 ml|Glass lunch box 800 ml|个|pc|none|4500
木质砧板 38 cm|Wooden board 38 cm|块|pc|none|7900
陶瓷马克杯 350 ml|Ceramic mug 350 ml|只|pc|none|3600
厨房剪刀|Kitchen scissors|把|pc|none|4200
硅胶刮刀 2 支|Silicone spatulas, 2|套|set|none|2800
电子秤 5 kg|Kitchen scale 5 kg|台|pc|serial|8800
瑜伽垫 6 mm|Yoga mat 6 mm|张|pc|none|11900
跳绳 计数|Skipping rope with counter|根|pc|none|3900
运动水壶 750 ml|Sports bottle 750 ml|只|pc|none|4900
"""

_CUSTOMERS = (
    "示例 甲一", "示例 甲二", "示例 乙一", "示例 乙二", "示例 丙一", "示例 丙二", "示例 丁一",
    "示例 丁二", "Example Ada", "Example Ben", "Example Cleo", "Example Dan", "Example Eve",
    "Example Fay", "Example Gus", "Example Hal", "Example Ivy", "Example Jo", "Example Kim",
    "Example Lee",
)  # fmt: skip
CHANNELS = ("shop-a", "shop-b")
LINE_COUNTS = (1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5)
QUANTITIES = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Good:
    """A trade item; ``case_gtin`` stands for 6 units where there is one."""

    sku: str
    gtin: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    tracking: str
    price_minor: int
    location: str
    case_gtin: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods that lie on the shelf when the demo begins."""

    sku: str
    location: str
    quantity: int
    lot: str
    serial: str
    expiry: date | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order of a channel: lines are (sku, quantity)."""

    channel: str
    external_id: str
    customer: str
    lines: tuple[tuple[str, int], ...]

    def renamed(self, mark: str) -> Wanted:
        """The same order under another external number."""
        return replace(self, external_id=f"{self.external_id}-{mark}")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; number and address are made up."""

    id: str
    name: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Everything that the demo begins with."""

    goods: tuple[Good, ...]
    receipts: tuple[Receipt, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Wanted, ...]


def warehouse(seed: int, today: date, orders: int = 64) -> Warehouse:
    """The same warehouse from the same seed, day and number of orders."""
    chance = seeded(f"warehouse {seed}")
    goods = tuple(_good(index, line) for index, line in enumerate(_GOODS.strip().splitlines()))
    receipts = tuple(
        receipt for good in goods for receipt in _receipts(good, chance, today, orders)
    )
    customers = tuple(
        Customer(f"C-{index:04d}", name, f"+00 000 555 {index:04d}", f"Example Street {index}")
        for index, name in enumerate(_CUSTOMERS, 1)
    )
    placed = tuple(_order(index, goods, customers, chance) for index in range(1, orders + 1))
    return Warehouse(goods, receipts, customers, placed)


def _good(index: int, line: str) -> Good:
    name_zh, name_en, unit_zh, unit_en, tracking, price = line.split("|")
    body = f"{COMPANY_PREFIX}{index + 100:05d}"
    gtin = f"0{body}{mod10(f'0{body}')}"
    case = f"1{body}"
    return Good(
        sku=f"SKU-{10001 + index}",
        gtin=gtin,
        name_zh=name_zh,
        name_en=name_en,
        unit_zh=unit_zh,
        unit_en=unit_en,
        tracking=tracking,
        price_minor=int(price),
        location=f"{'ABCD'[index // 12]}-{index // 4 % 3 + 1:02d}-{index % 4 + 1}",
        case_gtin=f"{case}{mod10(case)}" if tracking == "none" and index % 3 == 0 else None,
    )


def _receipts(good: Good, chance: Chance, today: date, orders: int) -> list[Receipt]:
    enough = 20 + orders
    if good.tracking == "serial":
        return [
            Receipt(good.sku, good.location, 1, "", f"SN{good.sku[-3:]}{number:05d}", None)
            for number in range(1, enough // 2 + 1)
        ]
    if good.tracking == "none":
        return [Receipt(good.sku, good.location, enough * 4, "", "", None)]
    lot = f"L{today:%y%m}{good.sku[-2:]}{1 + _below(chance, 9)}"
    expiry = today + timedelta(days=200 + _below(chance, 400))
    with_date = expiry if good.tracking == "expiry" else None
    return [Receipt(good.sku, good.location, enough * 2, lot, "", with_date)]


def _order(
    index: int, goods: tuple[Good, ...], customers: tuple[Customer, ...], chance: Chance
) -> Wanted:
    left = list(goods)
    count = _one(chance, LINE_COUNTS)
    chosen = [left.pop(_below(chance, len(left))) for _ in range(count)]
    lines = tuple(
        (good.sku, 1 if good.tracking == "serial" else _one(chance, QUANTITIES)) for good in chosen
    )
    channel = CHANNELS[index % 2]
    customer = _one(chance, customers).id
    return Wanted(channel, f"{channel[-1].upper()}{880_000 + index}", customer, lines)


def _below(chance: Chance, end: int) -> int:
    return int(chance.random() * end)


def _one(chance: Chance, among: Sequence[T]) -> T:
    return among[_below(chance, len(among))]
