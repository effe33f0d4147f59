agent add ann@shop.example zone=Asia/Tashkent
