"""What all answers share: the list, the objects, and the files they are written to."""

from .base_class import BaseClass
from .base_list import BaseList
from .csv_export import write_csv, write_excel
from .expand import DONT_EXPAND
from .json_export import write_json

__all__ = ["DONT_EXPAND", "BaseClass", "BaseList", "write_csv", "write_excel", "write_json"]
